//! What a Letopis log records and the rules by which it grows: values, events, commands, decisions.
//!
//! Pure and deterministic: no I/O, no clock, no randomness. Time, ids and the actor arrive with a command.
//! Reading order: `ids` and `values`, `event` (what is stored), `query` (what a decision depends on),
//! `decision` (how a command becomes events), then one folder per subject.

pub mod ids;
pub mod limits;
pub mod values;

mod fact;

pub mod command;
pub mod decision;
pub mod event;
pub mod query;
pub mod refusal;

pub mod acting;
pub mod common;
pub mod known;
pub mod samples;
pub mod testing;

#[cfg(test)]
mod fixtures;

pub mod access;
pub mod account;
pub mod activity;
pub mod agreement;
pub mod attribute;
pub mod catalog;
pub mod contact;
pub mod employee;
pub mod lead;
pub mod opportunity;
pub mod pipeline;
pub mod privacy;
pub mod request;
pub mod task;
