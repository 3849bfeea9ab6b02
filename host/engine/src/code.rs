//! Machine code that this process will run, and the only `unsafe` of the room.

use std::borrow::Cow;

use wasmtime::component::Component;

/// What the compiler made of a component.
pub(crate) struct Code<'a>(Cow<'a, [u8]>);

impl<'a> Code<'a> {
    /// Bytes that the compiler of this very program gave: in this process, or in a child that runs the same file (see
    /// [`crate::CompilerCommand`]).
    pub(crate) const fn of_compiler(bytes: Vec<u8>) -> Code<'static> {
        Code(Cow::Owned(bytes))
    }

    /// Bytes of the cache whose HMAC was found right: see [`crate::cache`].
    pub(crate) const fn of_cache(bytes: &'a [u8]) -> Self {
        Self(Cow::Borrowed(bytes))
    }

    /// The bytes, to be kept.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The component, ready to be linked.
    pub(crate) fn load(&self, runtime: &wasmtime::Engine) -> wasmtime::Result<Component> {
        #[expect(unsafe_code, reason = "code is run: the two ways to have some are this type's constructors")]
        // SAFETY: `deserialize` asks for bytes that `Component::serialize` or `precompile_component` made. Either the
        // compiler has just given them, or they carry an HMAC under this host's own key, which writes nothing but what its
        // compiler gave; and they lie in our memory, where nobody changes them. That engine and version are the same is
        // checked by `deserialize`.
        unsafe {
            Component::deserialize(runtime, &self.0)
        }
    }
}
