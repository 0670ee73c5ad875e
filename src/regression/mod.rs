//! Numbers in, numbers out.

pub mod motion;
