// SPDX-License-Identifier: MIT OR Apache-2.0
//! What macros of the kernel's Rust crates do, where that is not to be seen from their definition:
//! procedural macros, and rules that build types only to be checked by the compiler. These rules
//! are used instead. They keep what is called, in which order, and what is dropped.
//!
//! Sources: `rust/kernel/init.rs`, `rust/kernel/init/macros.rs`, `rust/macros/module.rs`.

/// `Type { field <- initialiser, field: value, field }`, written to a slot when it is run.
macro_rules! pin_init {
    ($(&$this:ident in)? $ty:path { $($fields:tt)* }) => {
        unsafe {
            ::kernel::init::pin_init_from_closure::<_, ::core::convert::Infallible>(
                move |slot: *mut $ty| {
                    $(let $this = unsafe { ::core::ptr::NonNull::new_unchecked(slot) };)?
                    __init_fields!(slot; $($fields)*);
                    Ok(())
                },
            )
        }
    };
}

macro_rules! try_pin_init {
    ($(&$this:ident in)? $ty:path { $($fields:tt)* }) => {
        try_pin_init!($(&$this in)? $ty { $($fields)* }? ::kernel::error::Error)
    };
    ($(&$this:ident in)? $ty:path { $($fields:tt)* } ? $error:ty) => {
        unsafe {
            ::kernel::init::pin_init_from_closure::<_, $error>(move |slot: *mut $ty| {
                $(let $this = unsafe { ::core::ptr::NonNull::new_unchecked(slot) };)?
                __init_fields!(slot; $($fields)*);
                Ok(())
            })
        }
    };
}

macro_rules! init {
    ($(&$this:ident in)? $ty:path { $($fields:tt)* }) => {
        unsafe {
            ::kernel::init::init_from_closure::<_, ::core::convert::Infallible>(
                move |slot: *mut $ty| {
                    $(let $this = unsafe { ::core::ptr::NonNull::new_unchecked(slot) };)?
                    __init_fields!(slot; $($fields)*);
                    Ok(())
                },
            )
        }
    };
}

macro_rules! try_init {
    ($(&$this:ident in)? $ty:path { $($fields:tt)* }) => {
        try_init!($(&$this in)? $ty { $($fields)* }? ::kernel::error::Error)
    };
    ($(&$this:ident in)? $ty:path { $($fields:tt)* } ? $error:ty) => {
        unsafe {
            ::kernel::init::init_from_closure::<_, $error>(move |slot: *mut $ty| {
                $(let $this = unsafe { ::core::ptr::NonNull::new_unchecked(slot) };)?
                __init_fields!(slot; $($fields)*);
                Ok(())
            })
        }
    };
}

/// The fields of an initialiser, in the order in which they are written.
macro_rules! __init_fields {
    ($slot:ident;) => {};
    ($slot:ident; ..$rest:expr) => {};
    ($slot:ident; $field:ident <- $init:expr $(, $($rest:tt)*)?) => {
        {
            let init = $init;
            unsafe {
                ::kernel::init::PinInit::__pinned_init(
                    init,
                    ::core::ptr::addr_of_mut!((*$slot).$field),
                )?
            };
        }
        __init_fields!($slot; $($($rest)*)?);
    };
    ($slot:ident; $field:ident : $value:expr $(, $($rest:tt)*)?) => {
        {
            let value = $value;
            unsafe { ::core::ptr::write(::core::ptr::addr_of_mut!((*$slot).$field), value) };
        }
        __init_fields!($slot; $($($rest)*)?);
    };
    ($slot:ident; $field:ident $(, $($rest:tt)*)?) => {
        unsafe { ::core::ptr::write(::core::ptr::addr_of_mut!((*$slot).$field), $field) };
        __init_fields!($slot; $($($rest)*)?);
    };
}

/// The functions by which C starts and ends a module.
macro_rules! module {
    (type: $ty:ty, $($rest:tt)*) => {
        static THIS_MODULE: ::kernel::ThisModule =
            unsafe { ::kernel::ThisModule::from_ptr(::core::ptr::null_mut()) };
        mod __module_init {
            use super::*;

            static mut MODULE: Option<$ty> = None;

            #[link_section = ".init.text"]
            pub extern "C" fn init_module() -> ::kernel::ffi::c_int {
                match <$ty as ::kernel::Module>::init(&super::THIS_MODULE) {
                    Ok(module) => {
                        unsafe { MODULE = Some(module) };
                        0
                    }
                    Err(error) => error.to_errno(),
                }
            }

            pub extern "C" fn cleanup_module() {
                unsafe { MODULE = None };
            }
        }
    };
    ($key:ident : $value:tt, $($rest:tt)*) => { module! { $($rest)* } };
}
