// SPDX-License-Identifier: MIT OR Apache-2.0
//! The Rust half of a driver: it reads a bus of C, and C asks it how warm it is.

use kernel::sync::SpinLock;

struct Calibration {
    offset: i32,
}

pub struct Heater {
    number: i32,
    calibration: SpinLock<Calibration>,
}

impl Heater {
    /// The bus may sleep, and the guard lives until the end of the function.
    fn measure(&self, bus: *mut bindings::bus) -> i32 {
        let calibration = self.calibration.lock();
        unsafe { bindings::bus_read(bus, self.number) + calibration.offset }
    }

    /// The same with the number copied out first: `calibration` is a temporary of its statement.
    fn measure_fixed(&self, bus: *mut bindings::bus) -> i32 {
        let offset = self.calibration.lock().offset;
        unsafe { bindings::bus_read(bus, self.number) + offset }
    }
}

/// What C calls.
#[no_mangle]
pub unsafe extern "C" fn heater_temperature(heater: *mut Heater, bus: *mut bindings::bus) -> i32 {
    unsafe { (*heater).measure_fixed(bus) }
}

/// What C calls at start.
#[no_mangle]
pub unsafe extern "C" fn heater_check(heater: *mut Heater, bus: *mut bindings::bus) -> bool {
    unsafe { (*heater).measure(bus) > 0 }
}
