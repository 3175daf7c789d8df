//! Identities: the same external id always yields the same entity id, the same row the same request id.

use letopis_domain::ids::RequestId;
use uuid::Uuid;

/// Root of all namespaces of imports.
const ROOT: Uuid = Uuid::from_u128(0x6c65_746f_7069_735f_696d_706f_7274_0001);

/// The namespace of one mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Namespace(Uuid);

impl Namespace {
    /// The namespace of a name; mappings of one source share it, so that they mean the same entities.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(Uuid::new_v5(&ROOT, name.as_bytes()))
    }

    /// The id of the entity of this kind with these external keys.
    #[must_use]
    pub fn entity<'a>(&self, kind: &'a str, keys: impl IntoIterator<Item = &'a str>) -> Uuid {
        self.hash(&["entity", kind], keys)
    }

    /// The request id of a command: where it stands in the mapping, and the row's identity. External ids may be
    /// personal, so the text is not part of it.
    pub fn request<'a>(&self, place: &'a str, keys: impl IntoIterator<Item = &'a str>) -> Option<RequestId> {
        RequestId::new(self.hash(&["request", place], keys).to_string()).ok()
    }

    fn hash<'a>(&self, meaning: &[&'a str], keys: impl IntoIterator<Item = &'a str>) -> Uuid {
        let mut name = Vec::with_capacity(96);
        for part in meaning.iter().copied().chain(keys) {
            name.extend_from_slice(part.as_bytes());
            name.push(0);
        }
        Uuid::new_v5(&self.0, &name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_follow_from_namespace_kind_and_keys_alone() {
        let bank = Namespace::new("bank");
        assert_eq!(bank.entity("lead", ["1"]), Namespace::new("bank").entity("lead", ["1"]));
        assert_ne!(bank.entity("lead", ["1"]), bank.entity("account", ["1"]));
        assert_ne!(bank.entity("lead", ["1"]), Namespace::new("shop").entity("lead", ["1"]));
        assert_ne!(bank.entity("lead", ["1", "2"]), bank.entity("lead", ["12"]));
        assert_ne!(bank.request("a", ["1"]), bank.request("b", ["1"]));
    }
}
