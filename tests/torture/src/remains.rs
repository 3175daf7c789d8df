//! What is left of people in the files themselves, whatever the log says of them.

use std::fs;
use std::path::{Path, PathBuf};

use letopis_domain::ids::SubjectId;
use rustc_hash::{FxHashMap, FxHashSet};
use uuid::Uuid;

/// Bytes of a word that is searched for.
pub const WORD: usize = 16;
/// Bytes that stand nowhere by chance.
pub type Word = [u8; WORD];

/// Bytes of a slot of the key store, as `docs/log-format.md` says.
const SLOT: usize = 128;
const LIVING: u8 = 1;

/// The wrapped keys of the living, by what an earlier look at the key store has shown.
#[derive(Clone, Debug, Default)]
pub struct WrappedKeys(FxHashMap<SubjectId, Word>);

impl WrappedKeys {
    /// Looks at the key store of a folder that nobody uses: nobody of the erased may have a key in it.
    pub fn look(&mut self, data: &Path, erased: &FxHashSet<SubjectId>) -> Vec<String> {
        let file = data.join("keys").join("subject-keys");
        let bytes = fs::read(&file).unwrap_or_default();
        let mut complaints = Vec::new();
        for (number, slot) in bytes.chunks_exact(SLOT).enumerate().filter(|(_, slot)| slot[0] == LIVING) {
            let (Ok(subject), Ok(wrapped)) = (Uuid::from_slice(&slot[8..24]), Word::try_from(&slot[48..48 + WORD]))
            else {
                continue;
            };
            let subject = SubjectId(subject);
            if erased.contains(&subject) {
                let at = number * SLOT;
                complaints.push(format!("{subject} is erased, and has a key at byte {at} of {}", file.display()));
            }
            self.0.insert(subject, wrapped);
        }
        let ledger = fs::read_to_string(data.join("keys").join("erasures")).unwrap_or_default();
        let unknown = erased.iter().filter(|subject| !ledger.contains(&subject.0.to_string()));
        complaints.extend(unknown.map(|subject| format!("{subject} is erased, and the ledger has no line of it")));
        complaints
    }

    /// The wrapped keys that the erased once had.
    pub fn of<'a>(&'a self, erased: impl Iterator<Item = &'a SubjectId>) -> impl Iterator<Item = Word> {
        erased.filter_map(|subject| self.0.get(subject).copied())
    }
}

/// Every file below a folder that has one of the words, and which.
pub fn search(folder: &Path, words: impl Iterator<Item = Word>) -> Vec<(PathBuf, Word)> {
    let words: FxHashSet<Word> = words.collect();
    // By their first half, so that one pass looks for all.
    let heads: FxHashSet<u64> = words.iter().map(|word| head(word)).collect();
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = fs::read(&path).unwrap_or_default();
            let hit = bytes.windows(WORD).find(|window| {
                heads.contains(&head(window)) && Word::try_from(*window).is_ok_and(|word| words.contains(&word))
            });
            found.extend(hit.and_then(|hit| Some((path, Word::try_from(hit).ok()?))));
        }
    }
    found
}

fn head(bytes: &[u8]) -> u64 {
    bytes.first_chunk().map_or(0, |head| u64::from_le_bytes(*head))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_a_file_is_found_at_any_byte() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("inner")).unwrap();
        let word: Word = *b"0123456789abcdef";
        let search = || search(folder.path(), [word, [7; WORD]].into_iter());
        for at in 0..40 {
            let mut bytes = vec![b'0'; 60];
            fs::write(folder.path().join("inner").join("file"), &bytes).unwrap();
            assert!(search().is_empty());
            bytes[at..at + WORD].copy_from_slice(&word);
            fs::write(folder.path().join("inner").join("file"), &bytes).unwrap();
            let found = search();
            assert_eq!(found, [(folder.path().join("inner").join("file"), word)]);
        }
    }

    #[test]
    fn a_key_of_somebody_erased_is_seen_in_the_store() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("keys")).unwrap();
        let subject = SubjectId(Uuid::from_u128(5));
        let mut bytes = vec![0; 4 * SLOT];
        bytes[2 * SLOT] = LIVING;
        bytes[2 * SLOT + 8..2 * SLOT + 24].copy_from_slice(subject.0.as_bytes());
        bytes[2 * SLOT + 48..2 * SLOT + 96].fill(9);
        fs::write(folder.path().join("keys").join("subject-keys"), bytes).unwrap();
        let mut keys = WrappedKeys::default();
        assert!(keys.look(folder.path(), &FxHashSet::default()).is_empty());
        assert_eq!(keys.of([subject].iter()).collect::<Vec<_>>(), [[9; WORD]]);
        let complaints = keys.look(folder.path(), &[subject].into_iter().collect());
        assert_eq!(complaints.len(), 2, "a key, and no line in the ledger: {complaints:?}");
    }
}
