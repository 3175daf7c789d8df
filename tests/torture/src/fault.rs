//! What can be done to a log.

use std::str::FromStr;

/// A way to torture a log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// SIGKILL at a random moment.
    Kill,
    /// The process dies between two given steps.
    NamedKill,
    /// The power fails: what was not synced is lost, or torn.
    PowerCut,
    /// The disk is full, for a while or for good.
    Full,
    /// A sync fails, and what it should have made durable is lost.
    SyncFails,
    /// A bit flips in a file while nobody uses the folder.
    BitFlip,
    /// The clock is set back, between runs and while the log is written.
    Clock,
}

impl Fault {
    /// Every fault, and its name.
    pub const ALL: [(Self, &'static str); 7] = [
        (Self::Kill, "kill"),
        (Self::NamedKill, "named-kill"),
        (Self::PowerCut, "power-cut"),
        (Self::Full, "enospc"),
        (Self::SyncFails, "eio"),
        (Self::BitFlip, "bit-flip"),
        (Self::Clock, "clock"),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(fault, _)| *fault == self).map_or("", |(_, name)| name)
    }

    /// How many rounds one folder goes through before a new one is begun.
    pub const fn rounds_per_folder(self) -> u64 {
        match self {
            Self::Kill | Self::Clock | Self::NamedKill => 20,
            Self::PowerCut | Self::Full | Self::SyncFails => 10,
            Self::BitFlip => 200,
        }
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().find(|(_, name)| *name == text).map(|(fault, _)| *fault);
        let names: Vec<_> = Self::ALL.iter().map(|(_, name)| *name).collect();
        found.ok_or_else(|| format!("no fault is called '{text}'; there are {} and all", names.join(", ")))
    }
}
