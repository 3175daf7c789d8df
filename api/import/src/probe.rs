//! Checks the fields of a command against the command's shape before any row is read.
//!
//! The command is deserialized from the mapping itself. Where a value depends on the row, a sample stands in for
//! it: of the template's kind where that is known, else the first of a list of samples that the command accepts.
//! So an unknown field, a missing field, a wrong constant and an unknown enum value are found at once, by name.

use std::cell::{Cell, RefCell};
use std::fmt;

use letopis_domain::command::Command;
use rustc_hash::FxHashMap;
use serde::Deserialize;
use serde::de::{
    self, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
};
use serde_json::Value as Json;

use super::fields::Field;
use super::filter::Kind;

/// What a text of a row may turn out to be.
const SAMPLES: &[&str] = &[
    "00000000-0000-4000-8000-000000000000",
    "2020-01-01T00:00:00Z",
    "2020-01-01",
    "1",
    "EUR",
    "Europe/Moscow",
    "text",
];

/// Checks the fields of a command.
///
/// # Errors
/// In words, naming the field.
pub fn check(command: &str, fields: &Field) -> Result<(), String> {
    let whole = Field::Table { when: None, fields: vec![(command.to_owned(), fields.clone())] };
    let probe = Probe::default();
    let tries = 1_000;
    for _ in 0..tries {
        probe.guessed.set(None);
        let Err(error) = Command::deserialize(Probing { field: &whole, probe: &probe }) else {
            return Ok(());
        };
        match probe.guessed.get() {
            Some(leaf) if !error.is_definite && probe.try_next(leaf) => {}
            _ => return Err(error.tell(command)),
        }
    }
    Ok(())
}

/// Which sample stands at which leaf.
#[derive(Default)]
struct Probe {
    samples: RefCell<FxHashMap<usize, usize>>,
    /// The leaf looked at last, if its content was a guess.
    guessed: Cell<Option<usize>>,
}

impl Probe {
    fn sample(&self, leaf: usize) -> usize {
        self.guessed.set(Some(leaf));
        self.samples.borrow().get(&leaf).copied().unwrap_or(0)
    }

    fn try_next(&self, leaf: usize) -> bool {
        let mut samples = self.samples.borrow_mut();
        let sample = samples.entry(leaf).or_insert(0);
        *sample += 1;
        *sample < SAMPLES.len()
    }
}

/// An error with the path to it.
#[derive(Debug)]
struct ProbeError {
    message: String,
    path: Vec<String>,
    is_definite: bool,
}

impl ProbeError {
    fn within(mut self, key: impl Into<String>) -> Self {
        self.path.insert(0, key.into());
        self
    }

    fn definite(message: String) -> Self {
        Self { message, path: Vec::new(), is_definite: true }
    }

    fn tell(&self, command: &str) -> String {
        let path: Vec<&str> = self.path.iter().map(String::as_str).filter(|key| *key != command).collect();
        if path.is_empty() { self.message.clone() } else { format!("field '{}': {}", path.join("."), self.message) }
    }
}

impl fmt::Display for ProbeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ProbeError {}

impl de::Error for ProbeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { message: message.to_string(), path: Vec::new(), is_definite: false }
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::definite(format!("there is no field '{field}'; the fields are {}", expected.join(", ")))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self::definite(format!("'{variant}' is none of {}", expected.join(", ")))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::definite(format!("the field '{field}' is missing"))
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::definite(format!("the field '{field}' is there twice"))
    }
}

#[derive(Clone, Copy)]
struct Probing<'a> {
    field: &'a Field,
    probe: &'a Probe,
}

impl Probing<'_> {
    fn leaf(&self) -> usize {
        std::ptr::from_ref(self.field) as usize
    }

    fn constant<'de, V: Visitor<'de>>(&self, value: &Json, visitor: V) -> Result<V::Value, ProbeError> {
        self.probe.guessed.set(None);
        value.clone().deserialize_any(visitor).map_err(|error| ProbeError::definite(error.to_string()))
    }

    fn text<'de, V: Visitor<'de>>(&self, visitor: V) -> Result<V::Value, ProbeError> {
        visitor.visit_str(SAMPLES[self.probe.sample(self.leaf())])
    }
}

macro_rules! forward {
    ($($method:ident => $sample:expr),* $(,)?) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ProbeError> {
            match self.field {
                Field::Template(template) if template.kind() == Kind::Any => {
                    let value: Json = $sample;
                    self.constant(&value, visitor)
                }
                _ => self.deserialize_any(visitor),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Probing<'_> {
    type Error = ProbeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ProbeError> {
        match self.field {
            Field::Constant(value) => self.constant(value, visitor),
            Field::Template(template) => match template.kind() {
                Kind::Text | Kind::Any => self.text(visitor),
                Kind::Number => self.constant(&Json::from(1), visitor),
                Kind::Flag => self.constant(&Json::from(true), visitor),
                Kind::Time => self.constant(&Json::from("2020-01-01T00:00:00Z"), visitor),
                Kind::Day => self.constant(&Json::from("2020-01-01"), visitor),
                Kind::Id => self.constant(&Json::from(SAMPLES[0]), visitor),
                Kind::Money => self.constant(&serde_json::json!({ "amount": "1", "currency": "EUR" }), visitor),
                Kind::List => self.constant(&serde_json::json!(["text"]), visitor),
            },
            Field::Table { fields, .. } => {
                visitor.visit_map(Entries { fields: fields.iter(), value: None, probe: self.probe })
            }
            Field::List(elements) => {
                visitor.visit_seq(Elements { elements: elements.iter().enumerate(), probe: self.probe })
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ProbeError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, ProbeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ProbeError> {
        match self.field {
            Field::Template(template) if matches!(template.kind(), Kind::Text | Kind::Any) => {
                self.probe.guessed.set(None);
                visitor.visit_enum(variants[0].into_deserializer())
            }
            Field::Table { fields, .. } => match fields.as_slice() {
                [(variant, field)] => {
                    let inside = Variant { variant, value: Probing { field, probe: self.probe } };
                    visitor.visit_enum(inside).map_err(|error| error.within(variant.clone()))
                }
                _ => Err(ProbeError::definite(format!("exactly one of {} is written here", variants.join(", ")))),
            },
            Field::Constant(Json::String(variant)) => {
                self.probe.guessed.set(None);
                visitor.visit_enum(variant.as_str().into_deserializer())
            }
            _ => Err(ProbeError::definite(format!("one of {} is written here", variants.join(", ")))),
        }
    }

    forward! {
        deserialize_bool => Json::from(true),
        deserialize_i8 => Json::from(1), deserialize_i16 => Json::from(1), deserialize_i32 => Json::from(1),
        deserialize_i64 => Json::from(1), deserialize_i128 => Json::from(1),
        deserialize_u8 => Json::from(1), deserialize_u16 => Json::from(1), deserialize_u32 => Json::from(1),
        deserialize_u64 => Json::from(1), deserialize_u128 => Json::from(1),
        deserialize_f32 => Json::from(1), deserialize_f64 => Json::from(1),
        deserialize_seq => serde_json::json!(["text"]),
        deserialize_map => serde_json::json!({}),
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ProbeError> {
        match self.field {
            Field::Template(template) if template.kind() == Kind::Any && name == "Money" => {
                self.constant(&serde_json::json!({ "amount": "1", "currency": "EUR" }), visitor)
            }
            _ => self.deserialize_any(visitor),
        }
    }

    serde::forward_to_deserialize_any! {
        char str string bytes byte_buf unit unit_struct tuple tuple_struct identifier ignored_any
    }
}

struct Entries<'a> {
    fields: std::slice::Iter<'a, (String, Field)>,
    value: Option<&'a (String, Field)>,
    probe: &'a Probe,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = ProbeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, ProbeError> {
        self.value = self.fields.next();
        self.value.map(|(key, _)| seed.deserialize(key.as_str().into_deserializer())).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, ProbeError> {
        let Some((key, field)) = self.value.take() else {
            return Err(ProbeError::definite("a value without a key".to_owned()));
        };
        seed.deserialize(Probing { field, probe: self.probe }).map_err(|error| error.within(key.clone()))
    }
}

struct Elements<'a> {
    elements: std::iter::Enumerate<std::slice::Iter<'a, Field>>,
    probe: &'a Probe,
}

impl<'de> SeqAccess<'de> for Elements<'_> {
    type Error = ProbeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, ProbeError> {
        let Some((index, field)) = self.elements.next() else { return Ok(None) };
        let element = seed.deserialize(Probing { field, probe: self.probe });
        element.map(Some).map_err(|error| error.within((index + 1).to_string()))
    }
}

struct Variant<'a> {
    variant: &'a str,
    value: Probing<'a>,
}

impl<'de, 'a> EnumAccess<'de> for Variant<'a> {
    type Error = ProbeError;
    type Variant = Probing<'a>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Probing<'a>), ProbeError> {
        let variant = seed.deserialize(self.variant.into_deserializer())?;
        Ok((variant, self.value))
    }
}

impl<'de> VariantAccess<'de> for Probing<'_> {
    type Error = ProbeError;

    fn unit_variant(self) -> Result<(), ProbeError> {
        Err(ProbeError::definite("this value has no fields: write it as a text".to_owned()))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, ProbeError> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _size: usize, visitor: V) -> Result<V::Value, ProbeError> {
        self.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, ProbeError> {
        self.deserialize_any(visitor)
    }
}
