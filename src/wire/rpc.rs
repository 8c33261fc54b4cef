//! Remote procedure calls between processes: each request of a door has an answer type of its own.
//!
//! The enums of all requests and all answers of a door exist on the wire only. A caller sends a request and gets its
//! answer; that it might get another's is a matter of decoding, not of every caller.

/// What is spoken at one door.
pub trait Protocol {
    /// Every request, as it travels.
    type Request;
    /// Every answer, as it travels.
    type Answer;
}

/// A request of the door `P` that is answered. (A one-way request is not: it only becomes a request.)
pub trait Rpc<P: Protocol>: Into<P::Request> {
    /// Its answer.
    type Answer;

    /// Takes this request's answer out of one that came; `None` if it answers another request.
    fn answer(answer: P::Answer) -> Option<Self::Answer>;
}

/// Declares a door: the enums of its requests and answers, and which answer belongs to which request.
///
/// ```text
/// protocol! {
///     /// vault ← smtp: …
///     #[derive(Clone)]                  // for both enums, beside serde's
///     pub VaultSmtp {
///         Admit => AdmitAnswer,         // a struct and the type of its answer
///     }
///     one_way { Release, }              // structs that are not answered
/// }
/// ```
macro_rules! protocol {
    ($(#[doc = $doc:literal])* $(#[derive($($derive:ident),*)])? pub $name:ident { $($request:ident => $answer:ty,)* }
     one_way { $($one_way:ident,)* }) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug)]
        pub enum $name {}

        impl $crate::wire::Protocol for $name {
            type Request = Request;
            type Answer = Answer;
        }

        /// Every request of the door.
        $(#[derive($($derive),*)])?
        #[derive(serde::Serialize, serde::Deserialize)]
        pub enum Request {
            $(#[doc = concat!("[`", stringify!($request), "`].")] $request($request),)*
            $(#[doc = concat!("[`", stringify!($one_way), "`].")] $one_way($one_way),)*
        }

        /// Every answer of the door.
        $(#[derive($($derive),*)])?
        #[derive(serde::Serialize, serde::Deserialize)]
        pub enum Answer {
            $(#[doc = concat!("To [`", stringify!($request), "`].")] $request($answer),)*
        }

        $(
            impl From<$request> for Request {
                fn from(request: $request) -> Self {
                    Self::$request(request)
                }
            }

            impl $crate::wire::Rpc<$name> for $request {
                type Answer = $answer;

                fn answer(answer: Answer) -> Option<$answer> {
                    match answer {
                        Answer::$request(answer) => Some(answer),
                        #[allow(unreachable_patterns)] // where it is the door's only one
                        _ => None,
                    }
                }
            }
        )*

        $(
            impl From<$one_way> for Request {
                fn from(request: $one_way) -> Self {
                    Self::$one_way(request)
                }
            }
        )*
    };
}
pub(super) use protocol;
