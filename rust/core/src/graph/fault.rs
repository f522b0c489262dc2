//! What can be wrong with a graph.

use std::fmt;

use super::Name;

/// How bad a fault is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The workflow cannot run.
    Error,
    /// The workflow runs, but probably not as meant.
    Warning,
}

macro_rules! fault_codes {
    ($($code:ident $name:literal $severity:ident #[$doc:meta]),+ $(,)?) => {
        /// What is wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum FaultCode {
            $(#[$doc] $code),+
        }

        impl FaultCode {
            /// The code as users see it.
            pub fn name(self) -> &'static str {
                match self { $(Self::$code => $name),+ }
            }

            /// How bad it is.
            pub fn severity(self) -> Severity {
                match self { $(Self::$code => Severity::$severity),+ }
            }
        }
    };
}

fault_codes! {
    NoNodes "no-nodes" Error #[doc = "Nothing to run."],
    TooManyNodes "too-many-nodes" Error #[doc = "More nodes than [`NODES_MAX`]."],
    DuplicateName "duplicate-name" Error #[doc = "Two nodes of one name."],
    UnknownNode "unknown-node" Error #[doc = "A name that no node has."],
    Cycle "cycle" Error #[doc = "Nodes that wait for each other."],
    Unreachable "unreachable" Error #[doc = "A node that no run can reach."],
    UnhandledValue "unhandled-value" Error #[doc = "A value without a case."],
    NeedlessValue "needless-value" Warning #[doc = "A case for a value that cannot come."],
    MissingDefault "missing-default" Error #[doc = "Unknown values and no default."],
    DuplicateCase "duplicate-case" Error #[doc = "Two cases for one value."],
    AmbiguousResult "ambiguous-result" Error #[doc = "Several leaves and no returns."],
    ReturnsOverlap "returns-overlap" Error #[doc = "Exclusive returns that can both run."],
    ReturnMayBeSkipped "return-may-be-skipped" Warning #[doc = "A result that some runs lack."],
    UnusedNode "unused-node" Warning #[doc = "A native node that nobody reads."],
    UnknownBody "unknown-body" Error #[doc = "A body that is not there, or not for this node."],
    LoopLimit "loop-limit" Error #[doc = "A loop that may take no turns, or too many."],
    JoinCount "join-count" Error #[doc = "A join that waits for more members than it has, or for none."],
    RunsAtStart "runs-at-start" Error #[doc = "An end or cancellation that waits for nothing."],
    NeedlessCancel "needless-cancel" Warning #[doc = "A node cancelled that has settled by then."],
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What it is.
    pub code: FaultCode,
    /// The node it is found at, if it is one.
    pub node: Option<Name>,
    /// What is wrong, as a sentence.
    pub message: String,
    /// What to write, as a sentence; empty if the message says it all.
    pub remedy: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.name(), self.message)?;
        if self.remedy.is_empty() { Ok(()) } else { write!(f, "; {}", self.remedy) }
    }
}
