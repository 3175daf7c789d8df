//! What is seen of a row: the row itself, and the three kinds of content that can be withheld.

/// A set of what is seen. Nothing = the row is hidden.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Fields(u8);

impl Fields {
    /// Nothing: the row is hidden.
    pub const NONE: Self = Self(0);
    /// That it is there, and everything that is not one of the others.
    pub const ROW: Self = Self(1);
    /// Names, addresses, numbers, custom attributes.
    pub const PERSONAL: Self = Self(2);
    /// Amounts.
    pub const MONEY: Self = Self(4);
    /// Free text: comments, subjects, bodies, titles.
    pub const COMMENTS: Self = Self(8);
    /// All of it.
    pub const EVERYTHING: Self = Self(15);

    /// What is in either.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in both.
    #[must_use]
    pub const fn only(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether it holds all of the other.
    #[must_use]
    pub const fn holds(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether the row is seen at all.
    #[must_use]
    pub const fn sees(self) -> bool {
        self.holds(Self::ROW)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_rows_allow_together_is_what_each_allows() {
        let one = Fields::ROW.and(Fields::MONEY);
        let other = Fields::ROW.and(Fields::PERSONAL);
        assert_eq!(one.only(other), Fields::ROW);
        assert_eq!(one.only(Fields::NONE), Fields::NONE);
        assert!(!Fields::NONE.sees() && Fields::EVERYTHING.holds(one));
    }
}
