//! `letopis erase`: erases the personal data of a person for ever.

use letopis_domain::ids::{EmployeeId, SubjectId};
use letopis_domain::privacy::{EraseSubject, ErasureGround};

use super::at_work::carry_out;
use super::history::id;
use super::{DataFolder, Meter};
use crate::control::{Answer, Request};

/// Whom to erase, and why.
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    folder: DataFolder,
    /// The data subject, by global id or UUID; those that are linked with it are erased as well.
    #[arg(long, value_name = "ID")]
    subject: String,
    /// On what ground, as Article 17(1) of the GDPR lists them.
    #[arg(long, value_enum)]
    ground: Ground,
    /// The company's reference of the request, e.g. a file number; never a name.
    #[arg(long)]
    reference: Option<String>,
    /// The employee who acts, by global id or UUID; the event names them as its actor.
    #[arg(long, value_name = "ID")]
    actor: Option<String>,
    /// The employee who does it where the actor only types, by global id or UUID.
    #[arg(long, value_name = "ID")]
    by: Option<String>,
}

/// The grounds of the domain, as they are written on the command line.
#[derive(clap::ValueEnum, Clone, Copy, Debug)]
enum Ground {
    NoLongerNecessary,
    ConsentWithdrawn,
    Objection,
    UnlawfulProcessing,
    LegalObligation,
    Child,
}

impl From<Ground> for ErasureGround {
    fn from(ground: Ground) -> Self {
        match ground {
            Ground::NoLongerNecessary => Self::NoLongerNecessary,
            Ground::ConsentWithdrawn => Self::ConsentWithdrawn,
            Ground::Objection => Self::Objection,
            Ground::UnlawfulProcessing => Self::UnlawfulProcessing,
            Ground::LegalObligation => Self::LegalObligation,
            Ground::Child => Self::Child,
        }
    }
}

/// Erases the person.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let employee = |given: &Option<String>| given.as_deref().map(id::<EmployeeId>).transpose();
    let actor = employee(&arguments.actor)?;
    let command = EraseSubject {
        subject: id::<SubjectId>(&arguments.subject)?,
        ground: arguments.ground.into(),
        reference: arguments.reference.clone(),
        employee: employee(&arguments.by)?.or(actor),
    };
    match carry_out(&arguments.folder, &Request::Erase { command, actor }, Meter::new("erasing", "events"))? {
        Answer::Erased { position: Some(position) } => {
            println!("erased with the event at position {position}; the keys are destroyed");
            Ok(())
        }
        Answer::Erased { position: None } => {
            println!("the person was erased before; nothing was left to erase");
            Ok(())
        }
        other => Err(other.unexpected()),
    }
}
