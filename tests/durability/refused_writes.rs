//! A disk that takes no more: what was acknowledged stays, the log refuses until it is reopened.

use std::process::Command;

use crate::child::{complaints, run_and_kill, run_to_end, writer};

/// The writer under a limit on the size of its files, in the shell's blocks; a write beyond it fails like a
/// full disk instead of ending the process.
fn limited(writer: &Command, blocks: u32) -> Command {
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\""));
    command.arg(writer.get_program()).args(writer.get_args());
    command
}

#[test]
fn after_a_failed_write_the_log_refuses_until_it_is_reopened() {
    let folder = tempfile::tempdir().unwrap();
    let heard = run_to_end(limited(&writer(folder.path(), "full", None), 4_096));
    assert!(!heard.acknowledged.is_empty());
    assert_eq!(heard.refusals.len(), 8, "every client is refused, and refused again: {:?}", heard.refusals);
    assert_eq!(complaints(folder.path(), &heard.acknowledged), [] as [String; 0]);
    let again = run_and_kill(writer(folder.path(), "reopened", None), Some(10));
    let all = [heard.acknowledged, again.acknowledged].concat();
    assert_eq!(complaints(folder.path(), &all), [] as [String; 0]);
}
