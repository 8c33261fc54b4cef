//! Transports: connections over the network, and the time they may take.
//!
//! A [`Transport`] is plain TCP today; TLS is the next kind. Whoever speaks SMTP, as a server or as a client, reads and
//! writes through it, and so does not know which kind it is. Clients of other hosts share one driver: [`smtp_client`].

pub mod smtp_client;
mod timer;
mod transport;

pub use timer::Timer;
pub use transport::Transport;
