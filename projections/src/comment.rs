//! Digests of comments: equal comments can be told without keeping a word of them.
//!
//! A comment is personal, so rows keep 8 bytes of a keyed hash of it. The key stays with the views; without it the
//! digests of likely comments cannot be tried out.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// The digest of a comment; 0 where there is none.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct CommentDigest(pub(crate) u64);

impl CommentDigest {
    pub(crate) const fn is_none(self) -> bool {
        self.0 == 0
    }
}

/// The key of the digests.
#[derive(Clone, Copy, Default)]
pub(crate) struct CommentKey(pub(crate) [u8; 32]);

impl CommentKey {
    /// The digest of a comment without regard to case, width, punctuation and spaces; none of an empty one.
    pub(crate) fn digest(&self, comment: &str) -> CommentDigest {
        let normal: String =
            comment.nfkc().flat_map(char::to_lowercase).filter(|letter| letter.is_alphanumeric()).collect();
        if normal.is_empty() {
            return CommentDigest::default();
        }
        let hash = blake3::keyed_hash(&self.0, normal.as_bytes());
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&hash.as_bytes()[..8]);
        CommentDigest(u64::from_le_bytes(bytes).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_that_differ_in_case_and_spaces_are_the_same_comment() {
        let key = CommentKey([7; 32]);
        assert_eq!(key.digest("Не  отвечает!"), key.digest("не отвечает"));
        assert_ne!(key.digest("не отвечает"), key.digest("отвечает"));
        assert!(key.digest("  …").is_none());
    }

    #[test]
    fn another_key_gives_another_digest() {
        assert_ne!(CommentKey([1; 32]).digest("no answer"), CommentKey([2; 32]).digest("no answer"));
    }
}
