// SPDX-License-Identifier: MIT OR Apache-2.0
//! The page of `--output-format html`, used as people use it. Pictures of it are kept in cargo's
//! directory for temporary files, for people to look at.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use libtest_mimic::Failed;
use serde_json::{Value, json};

use crate::browser::{Browser, ENTER, ESCAPE};
use crate::{report, report_on};

/// Findings that are seen.
const SHOWN: &str = "document.querySelectorAll('.finding:not([hidden])').length";

#[track_caller]
fn expect(value: &Value, expected: impl Into<Value>, what: &str) -> Result<(), Failed> {
    let expected = expected.into();
    if *value == expected {
        return Ok(());
    }
    Err(format!("{what} is {value}, not {expected}").into())
}

/// Search, filters, groups, keys, both themes, a narrow window, paper.
pub(crate) fn is_used_by_keyboard_and_mouse(driver: &Path) -> Result<(), Failed> {
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("report.html");
    fs::write(&file, report("html"))?;
    let browser = Browser::start(driver, 1400, 1000)?;
    browser.load(&file)?;
    let all = browser.value(SHOWN)?;
    let expected = include_str!("../../../testdata/miniature/expected.txt");
    let count = expected.lines().filter(|it| !it.starts_with(' ')).count();
    expect(&all, count, "the number of findings")?;

    // A finding is opened by keys, and has its picture and its sources.
    browser.press("jj")?;
    browser.press(ENTER)?;
    let open = "document.querySelector('.finding[open]')";
    for (expression, expected) in [
        (
            "document.activeElement.closest('.finding') === document.querySelector('.finding[open]')",
            json!(true),
        ),
        (
            &format!(
                "{open}.querySelectorAll('.picture .box').length === {open}.querySelectorAll('.step').length"
            ),
            json!(true),
        ),
        (
            &format!("{open}.querySelectorAll('.picture .dot').length"),
            json!(1),
        ),
        (
            &format!(
                "{open}.querySelectorAll('.step mark').length === {open}.querySelectorAll('.step').length"
            ),
            json!(true),
        ),
        // The demand is beyond the limit.
        (
            &format!(
                "{open}.querySelector('.dot').cx.baseVal.value > {open}.querySelector('.limit').x1.baseVal.value"
            ),
            json!(true),
        ),
    ] {
        browser.wait_for(expression, expected, expression)?;
    }
    browser.picture("page-light.png")?;

    // A link to a finding leads to its head, which nothing covers; so do the keys, upwards, too.
    let last = "[...document.querySelectorAll('.finding')].at(-1)";
    let is_clear = |row: &str| {
        format!(
            "{row}.querySelector('summary').getBoundingClientRect().top >= \
             Math.floor(document.getElementById('filters').getBoundingClientRect().bottom)"
        )
    };
    browser.resize(1400, 400)?;
    browser.value(&format!("location.hash = {last}.id"))?;
    browser.wait_for(&format!("{last}.open"), true, "opened by its link")?;
    browser.wait_for(&is_clear(last), true, "the head of what is linked to")?;
    browser.press("kk")?;
    let focused = "document.activeElement.closest('.finding')";
    browser.wait_for(&is_clear(focused), true, "the head of what keys lead to")?;
    browser.value(&format!("{last}.open = false"))?;
    browser.resize(1400, 1000)?;

    // Search finds functions anywhere on a chain; a group without findings goes.
    browser.press("/")?;
    browser.press("stack_depot_save")?;
    browser.wait_for(SHOWN, 1, "found by a function on the way")?;
    browser.wait_for(
        "document.querySelectorAll('.group:not([hidden])').length",
        1,
        "groups with findings",
    )?;
    browser.wait_for(
        "document.getElementById('count').textContent",
        format!("1 of {count} shown"),
        "what is said of it",
    )?;
    browser.value("search.select()")?;
    browser.press("\u{e017}")?;
    browser.press(ESCAPE)?;
    browser.wait_for(SHOWN, all.clone(), "without a search")?;

    // A rule that is switched off.
    browser.value("document.querySelector('#rules input').click()")?;
    let fewer = browser.value(&format!("{SHOWN} < {count}"))?;
    expect(&fewer, true, "fewer with a rule off")?;
    browser.value("document.querySelector('#rules input').click()")?;

    // Groups, by key.
    browser.press("g")?;
    browser.wait_for(
        "document.querySelector('.group h2 span').textContent",
        "sleep-in-atomic",
        "the first group by rule",
    )?;

    // The other parts.
    browser.press("2")?;
    browser.wait_for("findings.hidden", true, "the list is away")?;
    let upwards = "[...document.querySelectorAll('.edge.bad')].every(it => {
        const y = id => document.querySelector(`.node[data-n='${id}']`).getBoundingClientRect().y;
        return y(it.dataset.b) < y(it.dataset.a);
    })";
    browser.wait_for(upwards, true, "red leads upwards")?;
    let count = "document.querySelectorAll('.edge.bad').length > 0";
    browser.wait_for(count, true, "red edges are there")?;
    browser.value("document.querySelector('.node').focus()")?;
    let lit = browser.value("document.querySelectorAll('.edge.on').length > 0")?;
    expect(&lit, true, "edges of the lock are lit")?;
    browser.picture("page-nesting.png")?;
    browser.press("3")?;
    browser.wait_for("coverage.hidden", false, "the coverage")?;
    browser.picture("page-coverage.png")?;
    browser.press("1")?;

    // Light and dark.
    let ink = "getComputedStyle(document.body).color";
    let before = browser.value(ink)?;
    browser.press("t")?;
    browser.wait_for(&format!("{ink} !== {before}"), true, "another theme")?;
    browser.picture("page-dark.png")?;

    // Nothing sticks out of a narrow window.
    browser.resize(500, 900)?;
    let wide = "document.documentElement.scrollWidth <= innerWidth";
    browser.wait_for(wide, true, "a narrow window")?;
    browser.picture("page-narrow.png")?;

    if !browser.print()?.starts_with(b"%PDF") {
        return Err("the page cannot be printed".into());
    }
    let loaded = browser.value("performance.getEntriesByType('resource').length")?;
    expect(&loaded, 0, "loaded from elsewhere")?;
    expect(&json!(browser.complaints()?), json!([]), "complaints")
}

/// Elements of the page per finding that is not opened. Pictures, steps and excerpts, of which a
/// finding has a hundred, are made when it is opened; that is why thousands do no harm.
const ELEMENTS: usize = 12;

/// With thousands of findings the page does little for each until it is looked at, and stays whole:
/// search, groups and opening work on all of them. How many milliseconds it takes is kept beside the
/// picture, not judged: a busy machine is slow with every page.
pub(crate) fn stays_small(driver: &Path) -> Result<(), Failed> {
    let directory = tempfile::tempdir()?;
    write_large_tree(directory.path())?;
    let file = directory.path().join("report.html");
    fs::write(&file, report_on(directory.path(), "html", &[]))?;
    let browser = Browser::start(driver, 1400, 1000)?;
    browser.load(&file)?;
    browser.wait_for(SHOWN, 5000, "the number of findings")?;
    // Files are in the subsystems that MAINTAINERS says.
    browser.wait_for(
        "document.querySelector('.group h2 span').textContent",
        "BUS OF EXAMPLES",
        "the first group",
    )?;
    let few = format!("document.querySelectorAll('*').length < {ELEMENTS} * 5000");
    browser.wait_for(&few, true, "few elements for a closed finding")?;

    let time = |action: &str| {
        browser.value(&format!(
            "(() => {{ const start = performance.now(); {action}; document.body.offsetHeight;
            return performance.now() - start; }})()"
        ))
    };
    let load = browser.value("performance.getEntriesByType('navigation')[0].domComplete")?;
    let filter = time("search.value = 'reset_17'; search.dispatchEvent(new Event('input'))")?;
    // Of reset_0 to reset_4999, those that begin so.
    browser.wait_for(SHOWN, 111, "found")?;
    browser.value("search.value = ''")?;
    let regroup = time("group.value = 'file'; group.dispatchEvent(new Event('change'))")?;
    browser.wait_for(
        "document.querySelectorAll('.group').length",
        50,
        "groups by file",
    )?;
    browser.value("document.querySelector('.finding:last-child summary').click()")?;
    browser.wait_for(
        "document.querySelectorAll('.picture').length",
        1,
        "pictures, of the finding that was opened",
    )?;
    let frame = browser.value(
        "new Promise(done => {
            const times = [];
            let last = performance.now();
            const step = now => {
                times.push(now - last);
                last = now;
                scrollBy(0, 250);
                if (times.length < 24) requestAnimationFrame(step);
                else done(times.sort((a, b) => a - b)[12]);
            };
            requestAnimationFrame(step);
        })",
    )?;
    browser.picture("page-5000.png")?;
    let times =
        json!({ "loading": load, "searching": filter, "grouping": regroup, "a frame": frame });
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("page-5000.json");
    fs::write(file, times.to_string())?;
    expect(&json!(browser.complaints()?), json!([]), "complaints")
}

/// Fifty files in ten directories, with a hundred functions each that sleep under a lock.
fn write_large_tree(root: &Path) -> Result<(), Failed> {
    let mut commands = Vec::new();
    for number in 0..50 {
        let directory = format!("drivers/bus{}", number / 5);
        fs::create_dir_all(root.join(&directory))?;
        let name = format!("{directory}/device{number}.c");
        let mut text = String::from(
            "typedef struct raw_spinlock { int raw_lock; } raw_spinlock_t;\n\
            void _raw_spin_lock(raw_spinlock_t *lock);\n\
            void _raw_spin_unlock(raw_spinlock_t *lock);\n\
            void msleep(unsigned int msecs);\n",
        );
        for function in 0..100 {
            let id = number * 100 + function;
            write!(
                text,
                "\nstruct device_{id} {{\n\traw_spinlock_t lock;\n}};\n\n\
                static void reset_{id}(struct device_{id} *device)\n{{\n\tmsleep({function});\n}}\n\n\
                void stop_{id}(struct device_{id} *device)\n{{\n\
                \t_raw_spin_lock(&device->lock);\n\treset_{id}(device);\n\
                \t_raw_spin_unlock(&device->lock);\n}}\n"
            )?;
        }
        fs::write(root.join(&name), text)?;
        commands.push(json!({ "directory": ".", "file": name, "arguments": ["cc", "-c", name] }));
    }
    fs::write(
        root.join("compile_commands.json"),
        json!(commands).to_string(),
    )?;
    fs::write(
        root.join("MAINTAINERS"),
        "Maintainers List\n----------------\n\nBUS OF EXAMPLES\nF:\tdrivers/bus?/\n",
    )?;
    Ok(())
}
