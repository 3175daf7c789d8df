//! The text of a key: `letopis_` + id + `_` + secret + check characters, e.g. `letopis_7k2m9x4p_…`.
//!
//! The prefix and the check characters (CRC-32 of all that precedes, in base 62) let scanners for leaked secrets find
//! keys without asking a server, and let the server tell a typing error from a key that it does not know.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use zeroize::Zeroizing;

use crate::refusal::Refusal;

/// How every key begins.
pub const KEY_PREFIX: &str = "letopis_";

const ID_LEN: usize = 8;
/// 43 characters of 62 hold 256 bits.
const SECRET_LEN: usize = 43;
const CHECK_LEN: usize = 6;
const SECRET_AT: usize = KEY_PREFIX.len() + ID_LEN + 1;
const CHECK_AT: usize = SECRET_AT + SECRET_LEN;
const KEY_LEN: usize = CHECK_AT + CHECK_LEN;

/// Crockford's base 32 in lower case: nothing in it is mistaken for something else when it is read aloud.
const BASE32: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The public part of a key, by which people and logs name it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; ID_LEN]);

/// A text that is not the id of a key.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the id of an API key has 8 characters, digits and small letters without i, l, o and u")]
pub struct NotAKeyId;

impl KeyId {
    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Its characters are checked where it is made.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let id: [u8; ID_LEN] = bytes.try_into().ok()?;
        id.iter().all(|letter| BASE32.contains(letter)).then_some(Self(id))
    }
}

impl FromStr for KeyId {
    type Err = NotAKeyId;

    fn from_str(text: &str) -> Result<Self, NotAKeyId> {
        Self::of_bytes(text.as_bytes()).ok_or(NotAKeyId)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "key:{self}")
    }
}

impl Serialize for KeyId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for KeyId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// Draws a key.
pub(super) fn draw() -> Result<(KeyId, Zeroizing<String>), getrandom::Error> {
    let mut id = [0; ID_LEN];
    fill(&mut id, BASE32)?;
    // As long as it gets at once: what grows leaves copies behind.
    let mut text = Zeroizing::new(String::with_capacity(KEY_LEN));
    let mut secret = Zeroizing::new([0; SECRET_LEN]);
    fill(secret.as_mut(), BASE62)?;
    text.push_str(KEY_PREFIX);
    text.extend(id.iter().copied().map(char::from));
    text.push('_');
    text.extend(secret.iter().copied().map(char::from));
    let check = check_letters(text.as_bytes());
    text.extend(check.into_iter().map(char::from));
    Ok((KeyId(id), text))
}

/// The id in the text of a key, once its form and its check characters are right.
pub(super) fn id_of(text: &str) -> Result<KeyId, Refusal> {
    let bytes = text.as_bytes();
    if bytes.len() != KEY_LEN || !bytes.starts_with(KEY_PREFIX.as_bytes()) || bytes[SECRET_AT - 1] != b'_' {
        return Err(Refusal::Malformed);
    }
    let id = KeyId::of_bytes(&bytes[KEY_PREFIX.len()..SECRET_AT - 1]).ok_or(Refusal::Malformed)?;
    if !bytes[SECRET_AT..].iter().all(u8::is_ascii_alphanumeric) {
        return Err(Refusal::Malformed);
    }
    let (checked, check) = bytes.split_at(CHECK_AT);
    if check == check_letters(checked) { Ok(id) } else { Err(Refusal::WrongChecksum) }
}

/// Fills with letters, each as likely as any other: bytes that would favor some are drawn again.
fn fill(letters: &mut [u8], alphabet: &[u8]) -> Result<(), getrandom::Error> {
    let fair = 256 - 256 % alphabet.len();
    for letter in letters {
        let mut byte = [0];
        loop {
            getrandom::fill(&mut byte)?;
            if usize::from(byte[0]) < fair {
                break;
            }
        }
        *letter = alphabet[usize::from(byte[0]) % alphabet.len()];
    }
    Ok(())
}

fn check_letters(checked: &[u8]) -> [u8; CHECK_LEN] {
    let mut rest = crc32fast::hash(checked) as usize;
    let mut letters = [0; CHECK_LEN];
    for letter in letters.iter_mut().rev() {
        *letter = BASE62[rest % BASE62.len()];
        rest /= BASE62.len();
    }
    letters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawn_key_has_the_form_that_scanners_look_for() {
        let (id, text) = draw().unwrap();
        assert_eq!(text.len(), 66);
        assert_eq!(text.capacity(), KEY_LEN, "it never grew");
        assert_eq!(&text[..17], format!("letopis_{id}_"));
        assert_eq!(id_of(&text), Ok(id));
    }

    #[test]
    fn the_check_characters_are_those_of_the_document() {
        let checked = format!("letopis_00000000_{}", "0".repeat(43));
        let check = check_letters(checked.as_bytes());
        let value =
            check.iter().fold(0, |value, letter| value * 62 + BASE62.iter().position(|each| each == letter).unwrap());
        assert_eq!(value, crc32fast::hash(checked.as_bytes()) as usize);
        assert_eq!(crc32fast::hash(b"123456789"), 0xcbf4_3926, "CRC-32 as in zip and PNG");
    }

    #[test]
    fn every_single_typing_error_is_noticed() {
        let (_, text) = draw().unwrap();
        for place in 0..text.len() {
            for wrong in ['0', 'z', 'Q', '_', '-', 'é'] {
                let mut typed: Vec<char> = text.chars().collect();
                if typed[place] == wrong {
                    continue;
                }
                typed[place] = wrong;
                let typed: String = typed.into_iter().collect();
                assert!(id_of(&typed).is_err(), "{wrong} at {place}");
            }
            let mut typed = text.to_string();
            typed.remove(place);
            assert_eq!(id_of(&typed), Err(Refusal::Malformed), "without the character at {place}");
        }
        let mut typed = text.to_string().into_bytes();
        typed.swap(20, 21);
        if typed != text.as_bytes() {
            assert_eq!(id_of(std::str::from_utf8(&typed).unwrap()), Err(Refusal::WrongChecksum));
        }
    }
}
