//! Secrets of a log as a whole: each derived from the secret of its key store, none good for another purpose.

use letopis_domain::query::Tag;
use zeroize::Zeroizing;

use super::cipher::KEY_SIZE;
use super::external_ids::ExternalIds;
use super::sealing::{LOOKUP_SIZE, Lookup};
use super::slot::{FINGERPRINT_SIZE, Fingerprint};
use crate::log::{AppendRequest, RequestDigest};

const REQUEST_DIGEST: &str = "letopis 2026 request digest";
const LOOKUP: &str = "letopis 2026 look-up";
const TEXT_DIGEST: &str = "letopis 2026 text digest";
const EXTERNAL_ID: &str = "letopis 2026 external id";
const FINGERPRINT: &str = "letopis 2026 key fingerprint";

/// The derived secrets.
pub(crate) struct Secrets {
    request_digest: Zeroizing<[u8; KEY_SIZE]>,
    lookup: Zeroizing<[u8; KEY_SIZE]>,
    fingerprint: Zeroizing<[u8; KEY_SIZE]>,
    text_digest: Zeroizing<[u8; KEY_SIZE]>,
    external_ids: ExternalIds,
}

impl Secrets {
    /// Derives all of them.
    pub fn new(store_secret: &[u8; KEY_SIZE]) -> Self {
        let derive = |context| Zeroizing::new(blake3::derive_key(context, store_secret));
        Self {
            request_digest: derive(REQUEST_DIGEST),
            lookup: derive(LOOKUP),
            fingerprint: derive(FINGERPRINT),
            text_digest: derive(TEXT_DIGEST),
            external_ids: ExternalIds::new(derive(EXTERNAL_ID)),
        }
    }

    /// What a look-up tag is filed under.
    pub fn lookup(&self, tag: &Tag) -> Lookup {
        let hash = blake3::keyed_hash(&self.lookup, tag.as_str().as_bytes());
        truncated::<LOOKUP_SIZE>(&hash)
    }

    /// What names a key without telling anything about it.
    pub(super) fn fingerprint(&self, key: &[u8; KEY_SIZE]) -> Fingerprint {
        truncated::<FINGERPRINT_SIZE>(&blake3::keyed_hash(&self.fingerprint, key))
    }

    /// Adds the digests of texts to events that are to be appended.
    pub fn add_digests(&self, request: &mut AppendRequest) {
        let hash = |text: &[u8]| u64::from_le_bytes(truncated(&blake3::keyed_hash(&self.text_digest, text)));
        for event in request.requests.iter_mut().flat_map(|request| &mut request.events) {
            event.event.add_digests(&hash);
        }
    }

    /// Makes ids of external keys.
    pub fn external_ids(&self) -> ExternalIds {
        self.external_ids.clone()
    }

    /// Computes digests of requests.
    pub fn request_hasher(&self) -> RequestHasher {
        RequestHasher(blake3::Hasher::new_keyed(&self.request_digest))
    }
}

/// Computes the digest of one request's body, under a key of the log: nobody can find a body by trying digests.
#[derive(Clone, Debug)]
pub struct RequestHasher(blake3::Hasher);

impl RequestHasher {
    /// Takes in the next bytes of the body.
    pub fn update(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.update(bytes);
        self
    }

    /// The digest of what was taken in.
    #[must_use]
    pub fn finish(&self) -> RequestDigest {
        truncated(&self.0.finalize())
    }
}

fn truncated<const N: usize>(hash: &blake3::Hash) -> [u8; N] {
    let mut out = [0; N];
    out.copy_from_slice(&hash.as_bytes()[..N]);
    out
}
