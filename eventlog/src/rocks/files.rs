//! In which file a row of the records' database lies, so that damage can be named.

use std::path::PathBuf;

use super::records::Records;
use super::wal;

impl Records {
    /// The file of a record, which is written once: the newest table whose keys span it, else the WAL.
    pub fn file_of_record(&self, position: u64) -> PathBuf {
        let key = position.to_be_bytes();
        let spans = |first: &Option<Vec<u8>>, last: &Option<Vec<u8>>| {
            first.as_ref().is_some_and(|first| first[..] <= key[..])
                && last.as_ref().is_some_and(|last| last[..] >= key[..])
        };
        let files = self.db.live_files().unwrap_or_default().into_iter();
        let of_records = files.filter(|file| file.column_family_name == rust_rocksdb::DEFAULT_COLUMN_FAMILY_NAME);
        let newest =
            of_records.filter(|file| spans(&file.start_key, &file.end_key)).max_by_key(|file| file.largest_seqno);
        newest.map_or_else(|| self.wal_file(), |file| table(&file.directory, &file.name))
    }

    /// The file of what was written last to a column family: the WAL, unless everything was flushed.
    pub fn file_of_head(&self, family: &str) -> PathBuf {
        let is_flushed = self.db.property_int_value("rocksdb.num-entries-active-mem-table").ok().flatten() == Some(0);
        let files = self.db.live_files().unwrap_or_default().into_iter();
        let newest = files.filter(|file| file.column_family_name == family).max_by_key(|file| file.largest_seqno);
        newest.filter(|_| is_flushed).map_or_else(|| self.wal_file(), |file| table(&file.directory, &file.name))
    }

    fn wal_file(&self) -> PathBuf {
        let folder = self.db.path().to_owned();
        wal::files(&folder).ok().and_then(|files| files.last().cloned()).unwrap_or(folder)
    }
}

fn table(directory: &str, name: &str) -> PathBuf {
    PathBuf::from(directory).join(name.trim_start_matches('/'))
}
