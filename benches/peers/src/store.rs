//! UmaDB in this process, put together as its own server does it: one writer thread behind a queue.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use tokio::sync::{mpsc, oneshot, watch};
use umadb_core::db::UmaDb;
use umadb_core::io_shell::io_shell;
use umadb_core::mvcc::{Mvcc, StorageOptions};
use umadb_core::writer_thread_blocking::writer_thread_blocking;
use umadb_core::writer_thread_pipelining::writer_thread_pipelining;
use umadb_core::writer_thread_request::WriterThreadRequest;
use umadb_dcb::{DcbAppendCondition, DcbEvent, DcbEventStoreSync, DcbQuery};

/// The queue's length and the largest batch, as in its server.
const QUEUE: usize = 1_024;
const BATCH_EVENTS_MAX: usize = 2_000;

/// An open store.
#[derive(Clone)]
pub struct Store {
    mvcc: Arc<Mvcc>,
    writer: mpsc::Sender<WriterThreadRequest>,
}

impl Store {
    pub fn open(folder: &Path, is_pipelined: bool) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let options = StorageOptions::default().db_path(folder).pipelined_writer(is_pipelined);
        let mvcc = Arc::new(Mvcc::new(false, options).map_err(|error| anyhow!("{error:?}"))?);
        let (writer, requests) = mpsc::channel(QUEUE);
        let (head, _) = watch::channel(None);
        let for_writer = Arc::clone(&mvcc);
        if is_pipelined {
            let (io, jobs) = mpsc::unbounded_channel();
            let (path, page_size) = (mvcc.db_path.clone(), mvcc.page_size);
            std::thread::spawn(move || io_shell::start_io_uring_thread(path, page_size, jobs));
            std::thread::spawn(move || writer_thread_pipelining(io, for_writer, requests, head, BATCH_EVENTS_MAX));
        } else {
            std::thread::spawn(move || writer_thread_blocking(for_writer, requests, head, BATCH_EVENTS_MAX));
        }
        Ok(Self { mvcc, writer })
    }

    /// Appends and answers once it is durable: the position of the last event.
    pub async fn append(&self, events: Vec<DcbEvent>, condition: Option<DcbAppendCondition>) -> anyhow::Result<u64> {
        let (response_tx, answer) = oneshot::channel();
        let request =
            WriterThreadRequest::Append { events, condition, tracking_info: None, response_tx, cancel: None };
        self.writer.send(request).await.ok().context("the writer is gone")?;
        answer.await?.map_err(|error| anyhow!("{error:?}"))
    }

    /// How many events a query gives, at most `limit`.
    pub fn read(&self, query: DcbQuery, after: Option<u64>, limit: u32) -> anyhow::Result<usize> {
        let store = UmaDb::from_arc(Arc::clone(&self.mvcc));
        let start = after.map(|after| after + 1);
        let read = store.read_with_head(Some(query), start, false, Some(limit));
        Ok(read.map_err(|error| anyhow!("{error:?}"))?.0.len())
    }

    /// The last position.
    pub fn head(&self) -> anyhow::Result<Option<u64>> {
        UmaDb::from_arc(Arc::clone(&self.mvcc)).head().map_err(|error| anyhow!("{error:?}"))
    }
}
