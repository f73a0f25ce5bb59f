// SPDX-License-Identifier: MIT OR Apache-2.0
//! Paths as editors spell them.

use camino::{Utf8Path, Utf8PathBuf};
use gen_lsp_types::Uri;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What stays as it is in the path of a URI.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The path of a file that an editor names; `None` for what is no file.
pub(super) fn path(uri: &Uri) -> Option<Utf8PathBuf> {
    let path = uri.0.strip_prefix("file://")?;
    // A host would come before the path.
    let path = percent_decode_str(path.strip_prefix("localhost").unwrap_or(path));
    let path = path.decode_utf8().ok()?;
    path.starts_with('/').then(|| Utf8PathBuf::from(&*path))
}

/// How an editor wants to read `path`, which is absolute.
pub(super) fn of(path: &Utf8Path) -> Uri {
    let escaped = utf8_percent_encode(path.as_str(), ESCAPED);
    Uri(format!("file://{escaped}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let odd = Utf8Path::new("/a b/ü#%/c.c");
        assert_eq!(of(odd).0, "file:///a%20b/%C3%BC%23%25/c.c");
        assert_eq!(path(&of(odd)).as_deref(), Some(odd));
        assert_eq!(path(&Uri("untitled:1".to_owned())), None);
        assert_eq!(path(&Uri("file://host/a".to_owned())), None);
    }
}
