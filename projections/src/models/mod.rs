//! The read models: one file each, in the order in which they are folded.

pub(crate) mod directory;
pub(crate) mod published;

pub(crate) mod accounts;
pub(crate) mod contacts;
pub(crate) mod leads;
pub(crate) mod opportunities;

pub(crate) mod activities;
pub(crate) mod agreements;
pub(crate) mod links;
pub(crate) mod rejections;
pub(crate) mod rights;
pub(crate) mod stays;
pub(crate) mod tasks;
pub(crate) mod timeline;
