//! Work that takes longer than a look-up: reports, lists, counts.
//!
//! It runs a few at a time, so that no crowd of reports keeps the projector from its rows, and the runtime is told of
//! it, so that look-ups and writes go on meanwhile on another thread.

use std::num::NonZero;
use std::sync::LazyLock;

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::Semaphore;

/// One turn per core, and two at least, so that one report never waits for another on a small machine.
static TURNS: LazyLock<Semaphore> = LazyLock::new(|| {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    Semaphore::new(cores.max(2))
});

/// Does something long, once it is its turn.
pub async fn long<T>(work: impl FnOnce() -> T) -> T {
    // Fails only when the semaphore is closed, which it never is.
    let _turn = TURNS.acquire().await.ok();
    let runtime = Handle::try_current();
    let has_other_threads = runtime.is_ok_and(|runtime| runtime.runtime_flavor() == RuntimeFlavor::MultiThread);
    if has_other_threads { tokio::task::block_in_place(work) } else { work() }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn short_work_goes_on_while_long_work_waits() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let (short, heard) = channel();
        let waiting = runtime.spawn(async move { long(move || heard.recv()).await });
        runtime.spawn(async move { short.send(7) });
        assert_eq!(runtime.block_on(waiting).unwrap(), Ok(7));
    }

    #[test]
    fn a_runtime_of_one_thread_does_it_there() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        assert_eq!(runtime.block_on(long(|| 7)), 7);
    }
}
