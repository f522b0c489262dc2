//! The kinds of native nodes: work that the core does itself, without the host.
//!
//! A kind is one file here and one line in `native_kinds!`.

mod assert;
mod body;
mod cancel;
mod compute;
mod conditions;
mod constant;
mod end;
mod expression;
mod fail;
mod join;
mod pick;
mod route;
mod template;
mod transform;

use std::fmt;

pub use assert::Assert;
pub use body::{Body, BodyKind, Loop, Map, OnError, Origin, TURNS_MAX};
pub use cancel::Cancel;
pub use compute::Compute;
pub use conditions::Conditions;
pub use constant::Constant;
pub use end::End;
pub use expression::{BadExpression, Expression, Reads, is_reserved};
pub use fail::Fail;
pub use join::Join;
pub use pick::Pick;
pub use route::{Cases, Unhandled};
pub use template::{TEXTS_MAX, Template};
pub use transform::{Shape, Transform};

use crate::cel::time::Timestamp;
use crate::value::Value;

/// Why a native node failed.
#[derive(Clone, Debug, PartialEq)]
pub struct NativeError {
    /// Place in the node's input, such as `classify.label`, or in its template; empty if there is none.
    pub path: String,
    /// What is wrong, as a phrase.
    pub detail: String,
}

impl fmt::Display for NativeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            f.write_str(&self.detail)
        } else {
            write!(f, "{}: {}", self.path, self.detail)
        }
    }
}

/// What a native node reads: the run's input, and the outputs of the nodes it depends on in the
/// order of its dependencies, `None` for one that was skipped.
pub trait Inputs {
    /// The run's input.
    fn input(&self) -> &Value;
    /// The output of the dependency at `position`.
    fn output(&self, position: usize) -> Option<&Value>;
    /// The name of the dependency at `position`, for messages.
    fn name(&self, position: usize) -> &str;
    /// When the run was started, for what changes with time; `None` if that was not told.
    fn time(&self) -> Option<Timestamp> {
        None
    }
    /// A name that is not of a node, where it has a value.
    fn local(&self, _local: Local) -> Option<&Value> {
        None
    }
}

/// What expressions of bodies can read beside nodes and the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Local {
    /// In the body of a map: the item.
    Item,
    /// In the body of a map: the item's place in the list, from 0.
    Index,
    /// In the body of a loop: the state.
    State,
    /// In the body of a loop: the number of the turn, from 1.
    Turn,
    /// In `until` of a map: the results that are there, in the order of their items.
    Results,
}

impl Local {
    /// Those that the nodes of a body can read.
    pub const OF_BODIES: [Self; 4] = [Self::Item, Self::Index, Self::State, Self::Turn];

    /// The name in expressions.
    pub fn name(self) -> &'static str {
        match self {
            Self::Item => "item",
            Self::Index => "index",
            Self::State => "state",
            Self::Turn => "turn",
            Self::Results => "results",
        }
    }
}

macro_rules! native_kinds {
    ($($kind:ident),+ $(,)?) => {
        /// A native node's work.
        #[derive(Clone, Debug)]
        pub enum Native {
            $(#[doc = concat!("See [`", stringify!($kind), "`].")] $kind($kind)),+
        }

        impl Native {
            /// Works out the node's output.
            ///
            /// # Errors
            /// What the kind's file says.
            pub fn evaluate(&self, inputs: &impl Inputs) -> Result<Value, NativeError> {
                match self {
                    $(Self::$kind(work) => work.evaluate(inputs)),+
                }
            }

            /// Whether it reads the run's input.
            pub fn reads_input(&self) -> bool {
                match self {
                    $(Self::$kind(work) => work.reads_input()),+
                }
            }

            /// Whether it is there to end a run, and its output tells nothing.
            pub fn is_guard(&self) -> bool {
                match self {
                    Self::Assert(assert) => assert.is_guard(),
                    Self::Fail(_) => true,
                    _ => false,
                }
            }

            /// The kind's name in exports.
            pub fn kind(&self) -> &'static str {
                match self {
                    $(Self::$kind(_) => $kind::NAME),+
                }
            }
        }

        $(impl From<$kind> for Native {
            fn from(work: $kind) -> Self {
                Self::$kind(work)
            }
        })+
    };
}

native_kinds! {
    Assert,
    Cancel,
    Compute,
    Conditions,
    Constant,
    End,
    Fail,
    Join,
    Pick,
    Template,
    Transform,
}
