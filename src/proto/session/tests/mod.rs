//! The session by table and by property.

mod messages;
mod recipients;
mod rig;
mod tables;
