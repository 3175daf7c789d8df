//! XChaCha20-Poly1305 over a buffer in place, and randomness: the only file that knows the cipher's crate.

use chacha20poly1305::{AeadInOut, KeyInit, Tag, XChaCha20Poly1305, XNonce};

/// Bytes of a key.
pub(super) const KEY_SIZE: usize = 32;
/// Bytes of a nonce: long enough to be drawn at random for ever.
pub(super) const NONCE_SIZE: usize = 24;
/// Bytes of the tag that authenticates a text.
pub(super) const TAG_SIZE: usize = 16;

/// Encrypts the text in place and gives its tag; none when the text is longer than the cipher can take (256 GiB).
pub(super) fn encrypt(
    key: &[u8; KEY_SIZE],
    nonce: &[u8; NONCE_SIZE],
    associated: &[u8],
    text: &mut [u8],
) -> Option<[u8; TAG_SIZE]> {
    let cipher = XChaCha20Poly1305::new(key.into());
    let tag = cipher.encrypt_inout_detached(&XNonce::from(*nonce), associated, text.into()).ok()?;
    Some(tag.into())
}

/// Decrypts the text in place; none, with the text as it was, when anything differs from what was encrypted.
pub(super) fn decrypt(
    key: &[u8; KEY_SIZE],
    nonce: &[u8; NONCE_SIZE],
    associated: &[u8],
    text: &mut [u8],
    tag: [u8; TAG_SIZE],
) -> Option<()> {
    let cipher = XChaCha20Poly1305::new(key.into());
    cipher.decrypt_inout_detached(&XNonce::from(*nonce), associated, text.into(), &Tag::from(tag)).ok()
}

/// Fills a buffer from the operating system's generator.
pub(super) fn random(out: &mut [u8]) -> Result<(), String> {
    getrandom::fill(out).map_err(|error| format!("the operating system gives no randomness: {error}"))
}
