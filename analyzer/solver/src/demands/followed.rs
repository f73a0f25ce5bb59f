// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a function comes to, whether or not somebody minds.
//!
//! A report follows only what somebody may mind. Who asks about one function wants all of it, and of
//! nothing but what that function comes to call.

use super::again::{Again, Slots};
use super::{Demanding, Demands, Stepper};
use crate::Purpose;
use crate::program::FnId;
use crate::skeleton::{Callers, Skeleton};

impl Demands {
    /// What `function` and those that it calls come to, by function, where that may be more than what
    /// is known. (Those of which somebody minds everything call only such ones.)
    pub(crate) fn followed(
        &self,
        stepper: &Stepper<'_>,
        skeleton: &Skeleton,
        function: FnId,
    ) -> Slots {
        let (program, structures) = (stepper.program, stepper.structures);
        let demanding = Demanding::new(
            program,
            stepper.knowledge,
            structures,
            skeleton,
            Purpose::Questions,
        );
        let within = skeleton.reached(program, vec![function], usize::MAX);
        let differing = self.scope.differing(&demanding.scope);
        let first = differing.filter(|it| within[it.0 as usize]).collect();
        let again = Again {
            stepper,
            skeleton,
            // Whoever calls one of these is among them, or nobody that was asked about.
            callers: &Callers::default(),
            before: &self.slots,
            primitives: &|function| demanding.primitives(function),
            matters: &|caller, record, what| demanding.matters(caller, record, what),
        };
        again.run(first)
    }
}
