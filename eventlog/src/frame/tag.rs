//! Tags in a frame: `prefix:uuid` as prefix and 16 bytes, anything else as text.

use letopis_domain::query::Tag;
use smallvec::SmallVec;
use uuid::Uuid;

/// Set in the first byte of a tag of uuid form; the other bits are the prefix's size.
const UUID_FORM: u8 = 0x80;
/// First byte of a tag that is text.
const TEXT_FORM: u8 = 0;

/// Appends a tag.
pub(super) fn write(tag: &Tag, out: &mut Vec<u8>) {
    let text = tag.as_str();
    if let Some((prefix, id)) = split_uuid(text)
        && let Ok(size) = u8::try_from(prefix.len())
        && size < UUID_FORM
    {
        out.push(UUID_FORM | size);
        out.extend_from_slice(prefix.as_bytes());
        out.extend_from_slice(id.as_bytes());
    } else {
        out.push(TEXT_FORM);
        out.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
        out.extend(text.as_bytes().iter().take(usize::from(u8::MAX)));
    }
}

/// Takes a tag off the front; none when the bytes are no tag.
pub(super) fn read(bytes: &mut &[u8]) -> Option<Tag> {
    let form = take(bytes, 1)?[0];
    if form & UUID_FORM != 0 {
        let prefix = std::str::from_utf8(take(bytes, usize::from(form & !UUID_FORM))?).ok()?;
        let id = Uuid::from_slice(take(bytes, 16)?).ok()?;
        return Some(Tag::of_uuid(prefix, id));
    }
    if form != TEXT_FORM {
        return None;
    }
    let size = take(bytes, 1)?[0];
    Some(Tag::from_text(std::str::from_utf8(take(bytes, usize::from(size))?).ok()?))
}

/// Takes a tag off the front without looking at it closely; none when it does not fit.
pub(super) fn skip(bytes: &mut &[u8]) -> Option<()> {
    let form = take(bytes, 1)?[0];
    let size = if form & UUID_FORM != 0 {
        usize::from(form & !UUID_FORM) + 16
    } else if form == TEXT_FORM {
        usize::from(take(bytes, 1)?[0])
    } else {
        return None;
    };
    take(bytes, size).map(|_| ())
}

/// Takes a tag off the front and adds its id when it has this prefix; none when the bytes are no tag.
pub(super) fn add_id(bytes: &mut &[u8], prefix: &str, out: &mut SmallVec<[Uuid; 2]>) -> Option<()> {
    let before = *bytes;
    skip(bytes)?;
    let (form, rest) = before[..before.len() - bytes.len()].split_first()?;
    if form & UUID_FORM == 0 {
        return Some(());
    }
    let (found, id) = rest.split_at_checked(usize::from(form & !UUID_FORM))?;
    if found == prefix.as_bytes() {
        out.push(Uuid::from_slice(id).ok()?);
    }
    Some(())
}

fn take<'a>(bytes: &mut &'a [u8], size: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(size)?;
    *bytes = rest;
    Some(taken)
}

/// The parts of a tag that reads exactly like `prefix:uuid` in lower case with hyphens.
fn split_uuid(text: &str) -> Option<(&str, Uuid)> {
    let (prefix, id) = text.split_once(':')?;
    if id.len() != 36 {
        return None;
    }
    let uuid = Uuid::try_parse(id).ok()?;
    (*uuid.hyphenated().encode_lower(&mut Uuid::encode_buffer()) == *id).then_some((prefix, uuid))
}
