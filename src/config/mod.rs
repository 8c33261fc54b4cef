//! The configuration: what is in the file, what each role gets of it.

pub mod settings;
