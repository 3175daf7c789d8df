//! Disks that fill up, and views that are damaged: nothing is lost, and nothing is told that cannot be read.

use std::path::Path;
use std::sync::atomic::Ordering;

use letopis_domain::ids::Position;

use super::projector::{Company, leads};
use super::story::id;
use crate::entries::LeadEntry;
use crate::filter::Where;
use crate::handle::{Found, Unusable, Views};
use crate::page::PageRequest;
use crate::reports::timeline::{TimelineOf, TimelineQuery};
use crate::scope::Between;

fn fill_disk(views: &Views, is_full: bool) {
    views.shared.generation().store().unwrap().is_full.store(is_full, Ordering::SeqCst);
}

fn timeline_of_lead(views: &Views, number: u128) -> u64 {
    let of = TimelineOf::Lead(id(number));
    let query = TimelineQuery { of, types: vec![], period: Between::default(), page: PageRequest::default() };
    views.now().count_timeline(&query).unwrap()
}

#[tokio::test]
async fn what_a_full_disk_kept_back_is_written_before_anyone_is_told() {
    let company = Company::new();
    let (views, _) = company.views();
    company.append(leads(0..3)).await;
    fill_disk(&views, true);
    for _ in 0..2 {
        assert!(views.catch_up().is_err(), "the entries are not written, whether or not anything new came");
        assert_eq!(views.applied(), Position::START);
    }
    fill_disk(&views, false);
    assert_eq!(views.catch_up().unwrap(), Position(3));
    assert_eq!(timeline_of_lead(&views, 0), 1);
}

#[tokio::test]
async fn a_checkpoint_takes_along_what_a_full_disk_kept_back() {
    let company = Company::new();
    {
        let (views, _) = company.views();
        company.append(leads(0..3)).await;
        fill_disk(&views, true);
        assert!(views.catch_up().is_err());
        assert!(views.close().is_err());
        fill_disk(&views, false);
        views.close().unwrap();
    }
    let (views, found) = company.views();
    assert_eq!((found, views.applied()), (Found::Usable, Position(3)));
    assert_eq!(timeline_of_lead(&views, 2), 1);
}

#[tokio::test]
async fn damaged_views_are_begun_anew() {
    let damages: [fn(&Path); 2] = [
        |folder| std::fs::write(folder.join("current"), "nonsense").unwrap(),
        |folder| std::fs::write(folder.join("generation-000001/CURRENT"), "nonsense").unwrap(),
    ];
    for (number, damage) in damages.into_iter().enumerate() {
        let company = Company::new();
        {
            let (views, _) = company.views();
            company.append(leads(0..3)).await;
            views.catch_up().unwrap();
            views.close().unwrap();
        }
        damage(company.folder.path());
        let (views, found) = company.views();
        assert_eq!((found, views.applied()), (Found::Unusable(Unusable::Damaged), Position::START), "damage {number}");
        views.catch_up().unwrap();
        assert_eq!(views.now().count::<LeadEntry>(&Where::default()).unwrap(), 3, "damage {number}");
        assert_eq!(views.rebuild(&mut |_| {}).unwrap().is_equal(), Some(true), "damage {number}");
    }
}
