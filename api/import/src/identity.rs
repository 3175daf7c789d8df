//! Identities: the same external id always yields the same entity id, the same row the same request id.
//!
//! External ids are often personal: a phone number, an address, a name. So ids are keyed hashes under a secret of the
//! log, and nobody who has only the ids can find out what they were made of by trying.

use std::sync::Arc;

use letopis_domain::ids::RequestId;
use letopis_eventlog::keys::ExternalIds;
use uuid::Uuid;

/// The namespace of one mapping.
#[derive(Clone, Debug)]
pub struct Namespace {
    name: Arc<str>,
    ids: ExternalIds,
}

impl Namespace {
    /// The namespace of a name; mappings of one source share it, so that they mean the same entities.
    #[must_use]
    pub fn new(name: &str, ids: ExternalIds) -> Self {
        Self { name: name.into(), ids }
    }

    /// The id of the entity of this kind with these external keys.
    #[must_use]
    pub fn entity<'a>(&'a self, kind: &'a str, keys: impl IntoIterator<Item = &'a str>) -> Uuid {
        self.id(["entity", kind], keys)
    }

    /// The request id of a command: where it stands in the mapping, and the row's identity.
    pub fn request<'a>(&'a self, place: &'a str, keys: impl IntoIterator<Item = &'a str>) -> Option<RequestId> {
        RequestId::new(self.id(["request", place], keys).to_string()).ok()
    }

    fn id<'a>(&'a self, meaning: [&'a str; 2], keys: impl IntoIterator<Item = &'a str>) -> Uuid {
        self.ids.id(["import", &*self.name].into_iter().chain(meaning).chain(keys))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use letopis_eventlog::environment::SystemEnvironment;
    use letopis_eventlog::log::Log;
    use letopis_eventlog::memory::MemoryLog;

    use super::*;

    /// Ids under the secret of a log of its own.
    pub fn ids() -> ExternalIds {
        MemoryLog::new(Arc::new(SystemEnvironment)).external_ids()
    }

    #[test]
    fn ids_follow_from_log_namespace_kind_and_keys_alone() {
        let ids = ids();
        let (bank, shop) = (Namespace::new("bank", ids.clone()), Namespace::new("shop", ids.clone()));
        assert_eq!(bank.entity("lead", ["1"]), Namespace::new("bank", ids).entity("lead", ["1"]));
        assert_ne!(bank.entity("lead", ["1"]), bank.entity("account", ["1"]));
        assert_ne!(bank.entity("lead", ["1"]), shop.entity("lead", ["1"]));
        assert_ne!(bank.entity("lead", ["1", "2"]), bank.entity("lead", ["12"]));
        assert_ne!(bank.request("a", ["1"]), bank.request("b", ["1"]));
    }

    #[test]
    fn another_log_gives_the_same_key_another_id() {
        let phone = ["+31 20 555 01 02"];
        let id = |ids| Namespace::new("bank", ids).entity("lead", phone);
        assert_ne!(id(ids()), id(ids()));
        assert_eq!(id(ids()).get_version_num(), 8);
    }
}
