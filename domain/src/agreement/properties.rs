//! Random agreements and reservations against a small oracle: no resource is ever promised to two customers.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::activity::Subjects;
use crate::agreement::{AgreementForm, ReachAgreement, ReleaseReservation, ReserveResource};
use crate::event::Event;
use crate::fixtures::{RIVAL, account, company, contract};
use crate::ids::{AgreementId, ReservationId, ResourceId};
use crate::refusal::{RefusalCode, Refused};
use crate::testing::{History, id};
use crate::values::{Period, Timestamp};

#[derive(Clone, Debug)]
enum Step {
    Reach {
        agreement: u128,
        is_rival: bool,
        renews: Option<u128>,
        valid: Period,
    },
    Reserve {
        reservation: u128,
        resource: u128,
        basis: u128,
        period: Period,
    },
    /// The nth living reservation, counted round.
    Release {
        nth: usize,
    },
}

/// Few enough instants, resources and agreements that lines grow long and periods meet.
fn period(length_min: i64) -> impl Strategy<Value = Period> {
    (0..4_i64, prop::option::weighted(0.7, length_min..6_i64)).prop_map(|(from, length)| Period {
        from: Timestamp::from_micros(from),
        until: length.map(|length| Timestamp::from_micros(from + length)),
    })
}

fn step() -> impl Strategy<Value = Step> {
    let reach = (0..6_u128, prop::bool::weighted(0.2), prop::option::weighted(0.7, 0..6_u128), period(3));
    let reserve = (0..20_u128, prop::bool::weighted(0.2), 0..6_u128, period(1));
    prop_oneof![
        3 => reach.prop_map(|(agreement, is_rival, renews, valid)| Step::Reach { agreement, is_rival, renews, valid }),
        5 => reserve.prop_map(|(reservation, is_rare, basis, period)| {
            Step::Reserve { reservation, resource: 30 + u128::from(is_rare), basis, period }
        }),
        1 => any::<usize>().prop_map(|nth| Step::Release { nth }),
    ]
}

#[derive(Clone, Copy, Debug)]
struct Promise {
    reservation: ReservationId,
    resource: ResourceId,
    period: Period,
    agreement: AgreementId,
}

/// Agreements with the first of their line, and the promises that stand.
#[derive(Default)]
struct Oracle {
    agreements: BTreeMap<AgreementId, ReachAgreement>,
    first_of_line: BTreeMap<AgreementId, AgreementId>,
    promises: Vec<Promise>,
    taken: Vec<ReservationId>,
}

impl Oracle {
    fn is_free(&self, resource: ResourceId, period: &Period, first: AgreementId) -> bool {
        self.promises.iter().all(|promise| {
            promise.resource != resource
                || !promise.period.overlaps(period)
                || self.first_of_line[&promise.agreement] == first
        })
    }

    fn expect_reach(&self, command: &ReachAgreement) -> Option<RefusalCode> {
        let Some(renewed) = command.renews else { return self.expect_new(command) };
        if !self.agreements.contains_key(&renewed) {
            return Some(RefusalCode::NotFound);
        }
        let taken = self.expect_new(command);
        if taken.is_some() || self.agreements.get(&command.agreement) == Some(command) {
            return taken;
        }
        if self.agreements[&renewed].subjects != command.subjects {
            return Some(RefusalCode::InvalidValue);
        }
        let is_renewed = self.agreements.values().any(|other| other.renews == Some(renewed));
        let first = self.first_of_line[&renewed];
        let valid = self.agreements[&renewed].valid;
        let mut held = self.promises.iter().filter(|promise| {
            promise.agreement == renewed
                && (promise.period.reaches_end_of(&valid) || promise.period.overlaps(&command.valid))
        });
        let keeps_its_place = held.all(|promise| self.is_free(promise.resource, &command.valid, first));
        (is_renewed || !keeps_its_place).then_some(RefusalCode::Conflict)
    }

    fn expect_new(&self, command: &ReachAgreement) -> Option<RefusalCode> {
        let existing = self.agreements.get(&command.agreement)?;
        (existing != command).then_some(RefusalCode::AlreadyExists)
    }

    fn expect_reserve(&self, command: &ReserveResource) -> Option<RefusalCode> {
        let Some(basis) = self.agreements.get(&command.basis) else { return Some(RefusalCode::NotFound) };
        if !basis.valid.covers(&command.period) {
            return Some(RefusalCode::InvalidValue);
        }
        let first = self.first_of_line[&command.basis];
        (!self.is_free(command.resource, &command.period, first)).then_some(RefusalCode::Conflict)
    }

    fn learn(&mut self, events: &[Event]) {
        for event in events {
            match event {
                Event::ResourceReserved(fact) => {
                    self.taken.push(fact.reservation);
                    self.promises.push(Promise {
                        reservation: fact.reservation,
                        resource: fact.resource,
                        period: fact.period,
                        agreement: fact.basis,
                    });
                }
                Event::ReservationReleased(fact) => {
                    self.promises.retain(|promise| promise.reservation != fact.reservation);
                }
                _ => {}
            }
        }
    }

    fn customer(&self, promise: &Promise) -> Subjects {
        self.agreements[&promise.agreement].subjects
    }

    fn assert_nothing_is_promised_twice(&self) {
        for (nth, promise) in self.promises.iter().enumerate() {
            let first = self.first_of_line[&promise.agreement];
            for other in &self.promises[nth + 1..] {
                if promise.resource == other.resource && promise.period.overlaps(&other.period) {
                    assert_eq!(self.first_of_line[&other.agreement], first, "{promise:?} and {other:?}");
                    assert_eq!(self.customer(promise), self.customer(other), "{promise:?} and {other:?}");
                }
            }
        }
    }
}

fn code(result: &Result<Vec<Event>, Refused>) -> Option<RefusalCode> {
    result.as_ref().err().map(|refused| refused.code)
}

fn take(step: &Step, history: &mut History, oracle: &mut Oracle) {
    let result = match *step {
        Step::Reach { agreement, is_rival, renews, valid } => {
            let (form, of_contract) = (AgreementForm::Oral, contract(agreement));
            let rival = Subjects { account: Some(id(RIVAL)), ..Subjects::default() };
            let subjects = if is_rival { rival } else { of_contract.subjects };
            let command = ReachAgreement { form, subjects, valid, renews: renews.map(id), ..of_contract };
            let result = history.execute(&command);
            assert_eq!(code(&result), oracle.expect_reach(&command), "{command:?}");
            if result.is_ok() {
                let first = command.renews.map_or(command.agreement, |renewed| oracle.first_of_line[&renewed]);
                oracle.first_of_line.entry(command.agreement).or_insert(first);
                oracle.agreements.insert(command.agreement, command);
            }
            result
        }
        Step::Reserve { reservation, resource, basis, period } => {
            let (reservation, resource, basis) = (id(reservation), id(resource), id(basis));
            let command = ReserveResource { reservation, resource, period, basis, employee: None };
            if oracle.taken.contains(&reservation) {
                return;
            }
            let result = history.execute(&command);
            assert_eq!(code(&result), oracle.expect_reserve(&command), "{command:?}");
            result
        }
        Step::Release { nth } => {
            if oracle.promises.is_empty() {
                return;
            }
            let reservation = oracle.promises[nth % oracle.promises.len()].reservation;
            history.execute(&ReleaseReservation { reservation, employee: None })
        }
    };
    oracle.learn(&result.unwrap_or_default());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn no_resource_is_ever_promised_to_two_customers(steps in prop::collection::vec(step(), 1..40)) {
        let (mut history, mut oracle) = (company().and(account(id(RIVAL))), Oracle::default());
        for step in steps {
            take(&step, &mut history, &mut oracle);
            oracle.assert_nothing_is_promised_twice();
        }
    }
}
