// SPDX-License-Identifier: MIT OR Apache-2.0
//! C through libclang, lowered to the program model.
//!
//! [`read_units`] parses translation units and turns every function definition into a
//! control-flow graph. This crate knows C and the GNU extensions that kernels use, and nothing
//! else: not what a lock is, not what a function is for. What C says implicitly is made explicit:
//! scope exits with `__attribute__((cleanup))`, short circuits, `asm goto`, statement expressions.
//!
//! Approximated, on the side of knowing less: floating point, strings, complex numbers and the
//! results of the atomic builtins are unknown; so is the position in a table after `p++`. Sizes of
//! variable-length arrays are not evaluated. Operands are evaluated left to right. What nests more
//! than 1500 levels deep is cut off. `__builtin_constant_p` of anything that clang does not fold
//! is 0, and a call to a function with `__attribute__((error))` is passed over: the compiler
//! proves that it is never reached. Where libclang does not show what C says (labels of
//! `asm goto`, associations of `_Generic`, parts of a `for` header), clang's own print or the
//! source text is read; a guess is reported as an incident.
//!
//! | module | decides |
//! |---|---|
//! | `ffi` | nothing: libclang behind safe types |
//! | `session`, `units`, `unit`, `draft`, `claims`, `compact` | which unit delivers what |
//! | `reader`, `symbols`, `types`, `sites`, `paths` | what things are called |
//! | `body`, `statements`, `switches`, `jumps`, `assembly`, `scopes`, `graph` | control flow |
//! | `conditions`, `choices`, `expressions`, `values`, `fold`, `unexposed`, `places`, `calls`, `generic` | values |
//! | `initialisers`, `statics` | initial values |
//! | `precompiled` | which headers are compiled once for many units |
//! | `source`, `arguments` | what the syntax tree does not tell |
//! | `overlay` | what is read instead of what is on the disk |

mod arguments;
mod assembly;
mod body;
mod calls;
mod choices;
mod claims;
mod compact;
mod conditions;
mod draft;
mod expressions;
mod ffi;
mod fold;
mod generic;
mod graph;
mod initialisers;
mod jumps;
mod overlay;
mod paths;
mod places;
mod precompiled;
mod reader;
mod scopes;
mod session;
mod sites;
mod source;
mod statements;
mod statics;
mod switches;
mod symbols;
mod types;
mod unexposed;
mod unit;
mod units;
mod values;

pub use claims::{DefinitionKey, Rank};
pub use draft::{Draft, Seen, Sources};
pub use ffi::{Library, LoadError};
pub use overlay::Overlay;
pub use precompiled::{HeaderPlan, Plan, Shareable, includes};
pub use session::{Options, Outcome, Precompiled, Session, Task};
pub use unit::Job;
pub use units::{read_unit, read_units};
