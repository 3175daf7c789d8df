//! Samples of the events of activities, agreements and tasks.

use super::customers::comment;
use super::subjects::{one, two};
use super::{INSTANT, euros};
use crate::activity::{
    ActivityText, CallOutcome, CallRecorded, Direction, EmailRecorded, LetterRecorded, MeetingRecorded,
    MessageRecorded, NoteRecorded, Subjects,
};
use crate::agreement::{AgreementForm, AgreementReached, AgreementTerms, ReservationReleased, ResourceReserved};
use crate::task::{TaskCancelled, TaskCompleted, TaskKind, TaskScheduled, TaskText};
use crate::testing::id;
use crate::values::{DurationMs, Period, Personal};

const DAY_MS: i64 = 24 * 3_600 * 1_000;

fn subjects() -> Subjects {
    Subjects { lead: Some(id(10)), account: Some(id(6)), contact: Some(id(11)), opportunity: Some(id(12)) }
}

fn text() -> Personal<ActivityText> {
    Personal::Known(ActivityText {
        subject: Some("Цены для Веры".into()),
        body: Some("Vera asks for the prices of spring".into()),
        phone: Some("+31 20 555 01 02".into()),
        address: Some("vera@vega.example".into()),
    })
}

fn period() -> Period {
    Period { from: INSTANT, until: Some(INSTANT.plus_ms(30 * DAY_MS)) }
}

pub(super) fn call_recorded() -> CallRecorded {
    CallRecorded {
        activity: id(20),
        subjects: subjects(),
        employee: Some(id(4)),
        direction: Direction::Outbound,
        duration: Some(DurationMs(183_250)),
        outcome: Some(CallOutcome::Answered),
        data_subjects: one(),
        personal: text(),
    }
}

pub(super) fn email_recorded() -> EmailRecorded {
    EmailRecorded {
        activity: id(21),
        subjects: subjects(),
        employee: Some(id(4)),
        direction: Direction::Inbound,
        data_subjects: one(),
        personal: text(),
    }
}

pub(super) fn meeting_recorded() -> MeetingRecorded {
    MeetingRecorded {
        activity: id(22),
        subjects: subjects(),
        employee: Some(id(4)),
        direction: Direction::Inbound,
        duration: Some(DurationMs(3_600_000)),
        data_subjects: one(),
        personal: text(),
    }
}

pub(super) fn message_recorded() -> MessageRecorded {
    MessageRecorded {
        activity: id(23),
        subjects: subjects(),
        employee: Some(id(4)),
        direction: Direction::Outbound,
        channel: Some("whatsapp".to_owned()),
        data_subjects: one(),
        personal: text(),
    }
}

pub(super) fn letter_recorded() -> LetterRecorded {
    LetterRecorded {
        activity: id(24),
        subjects: subjects(),
        employee: Some(id(4)),
        direction: Direction::Outbound,
        data_subjects: one(),
        personal: text(),
    }
}

pub(super) fn note_recorded() -> NoteRecorded {
    NoteRecorded {
        activity: id(25),
        subjects: subjects(),
        employee: Some(id(4)),
        kind: Some("A_REGISTERED".to_owned()),
        direction: Direction::Internal,
        data_subjects: two(),
        personal: text(),
    }
}

pub(super) fn agreement_reached() -> AgreementReached {
    AgreementReached {
        agreement: id(30),
        subjects: subjects(),
        employee: Some(id(4)),
        form: AgreementForm::Oral,
        valid: period(),
        renews: Some(id(31)),
        amount: Some(euros(12_000_000)),
        data_subjects: two(),
        personal: Personal::Known(AgreementTerms {
            subject: "Вера продлевает полосу в газете".into()
        }),
    }
}

pub(super) fn resource_reserved() -> ResourceReserved {
    ResourceReserved {
        reservation: id(32),
        resource: id(33),
        period: period(),
        basis: id(30),
        subjects: subjects(),
        employee: Some(id(4)),
    }
}

pub(super) fn reservation_released() -> ReservationReleased {
    ReservationReleased {
        reservation: id(32),
        resource: id(33),
        basis: id(30),
        subjects: subjects(),
        employee: Some(id(4)),
    }
}

pub(super) fn task_scheduled() -> TaskScheduled {
    TaskScheduled {
        task: id(40),
        subjects: subjects(),
        employee: Some(id(4)),
        kind: TaskKind::Call,
        due_at: INSTANT.plus_ms(DAY_MS),
        data_subjects: one(),
        personal: Personal::Known(TaskText { title: Some("Перезвонить: Вера".into()) }),
    }
}

pub(super) fn task_completed() -> TaskCompleted {
    TaskCompleted {
        task: id(40),
        subjects: subjects(),
        employee: Some(id(4)),
        data_subjects: one(),
        personal: comment(),
    }
}

pub(super) fn task_cancelled() -> TaskCancelled {
    TaskCancelled {
        task: id(40),
        subjects: subjects(),
        employee: Some(id(4)),
        data_subjects: one(),
        personal: comment(),
    }
}
