//! The real data sets over GraphQL: the answers that are known of them, live, and the same answers as of a position
//! that has passed.

mod bank;
mod bpi;
mod company;
mod maven;
mod olist;
