//! Tests of the read models as a whole: stories told in events, laws over random histories.

mod story;

mod audit;
mod eyes;
mod faults;
mod funnel;
mod history;
mod laws;
mod particulars;
mod projector;
mod timeline;
