//! The one-line way to register a struct as an event.

/// Implements [`crate::event::Fact`]: the tags, and the personal part where there is one, with the field that tells
/// whom it is about.
macro_rules! fact {
    ($name:ident, |$fact:ident, $tags:ident| $body:expr) => {
        impl crate::event::Fact for $name {
            const TYPE: crate::event::EventType = crate::event::EventType::$name;
            type Personal = ();

            fn of(event: &crate::event::Event) -> Option<&Self> {
                if let crate::event::Event::$name(fact) = event { Some(fact) } else { None }
            }

            fn tags(&self, $tags: &mut crate::query::Tags) {
                let $fact = self;
                $body;
            }
        }
    };
    ($name:ident, personal $personal:ty, about $about:ident, |$fact:ident, $tags:ident| $body:expr) => {
        impl crate::event::Fact for $name {
            const TYPE: crate::event::EventType = crate::event::EventType::$name;
            type Personal = $personal;

            fn of(event: &crate::event::Event) -> Option<&Self> {
                if let crate::event::Event::$name(fact) = event { Some(fact) } else { None }
            }

            fn tags(&self, $tags: &mut crate::query::Tags) {
                let $fact = self;
                $body;
                $tags.add_all(self.data_subjects().as_slice());
            }

            fn data_subjects(&self) -> crate::privacy::DataSubjects {
                self.$about.clone().into()
            }

            fn personal(&self) -> Option<&crate::values::Personal<$personal>> {
                Some(&self.personal)
            }

            fn set_personal(&mut self, personal: crate::values::Personal<$personal>) {
                self.personal = personal;
            }
        }
    };
}

pub(crate) use fact;
