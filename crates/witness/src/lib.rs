//! A witness of checkpoints (C2SP tlog-witness), and how a log asks one.

pub mod ask;
