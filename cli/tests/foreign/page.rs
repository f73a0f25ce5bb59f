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
        expect(&browser.value(expression)?, expected, expression)?;
    }
    browser.picture("page-light.png")?;

    // Search finds functions anywhere on a chain; a group without findings goes.
    browser.press("/")?;
    browser.press("stack_depot_save")?;
    expect(&browser.value(SHOWN)?, 1, "found by a function on the way")?;
    expect(
        &browser.value("document.querySelectorAll('.group:not([hidden])').length")?,
        1,
        "groups with findings",
    )?;
    expect(
        &browser.value("document.getElementById('count').textContent")?,
        format!("1 of {count} shown"),
        "what is said of it",
    )?;
    browser.value("search.select()")?;
    browser.press("\u{e017}")?;
    browser.press(ESCAPE)?;
    expect(&browser.value(SHOWN)?, all.clone(), "without a search")?;

    // A rule that is switched off.
    browser.value("document.querySelector('#rules input').click()")?;
    let fewer = browser.value(&format!("{SHOWN} < {count}"))?;
    expect(&fewer, true, "fewer with a rule off")?;
    browser.value("document.querySelector('#rules input').click()")?;

    // Groups, by key.
    browser.press("g")?;
    expect(
        &browser.value("document.querySelector('.group h2 span').textContent")?,
        "sleep-in-atomic",
        "the first group by rule",
    )?;

    // The other parts.
    browser.press("2")?;
    expect(&browser.value("findings.hidden")?, true, "the list is away")?;
    let upwards = "[...document.querySelectorAll('.edge.bad')].every(it => {
        const y = id => document.querySelector(`.node[data-n='${id}']`).getBoundingClientRect().y;
        return y(it.dataset.b) < y(it.dataset.a);
    })";
    expect(&browser.value(upwards)?, true, "red leads upwards")?;
    let count = "document.querySelectorAll('.edge.bad').length > 0";
    expect(&browser.value(count)?, true, "red edges are there")?;
    browser.value("document.querySelector('.node').focus()")?;
    let lit = browser.value("document.querySelectorAll('.edge.on').length > 0")?;
    expect(&lit, true, "edges of the lock are lit")?;
    browser.picture("page-nesting.png")?;
    browser.press("3")?;
    expect(&browser.value("coverage.hidden")?, false, "the coverage")?;
    browser.picture("page-coverage.png")?;
    browser.press("1")?;

    // Light and dark.
    let ink = "getComputedStyle(document.body).color";
    let before = browser.value(ink)?;
    browser.press("t")?;
    expect(
        &browser.value(&format!("{ink} !== {before}"))?,
        true,
        "another theme",
    )?;
    browser.picture("page-dark.png")?;

    // Nothing sticks out of a narrow window.
    browser.resize(500, 900)?;
    let wide = "document.documentElement.scrollWidth <= innerWidth";
    expect(&browser.value(wide)?, true, "a narrow window")?;
    browser.picture("page-narrow.png")?;

    if !browser.print()?.starts_with(b"%PDF") {
        return Err("the page cannot be printed".into());
    }
    let loaded = browser.value("performance.getEntriesByType('resource').length")?;
    expect(&loaded, 0, "loaded from elsewhere")?;
    expect(&json!(browser.complaints()?), json!([]), "complaints")
}

/// Milliseconds that a change of the search may take, another grouping, and the load of the page: the
/// quickest of several times, as a busy machine takes its time. Measured on two cores without a
/// graphics processor, busy with five times as much as they can do: 54 to 69, 300 and 690.
const FILTER: f64 = 600.0;
const LOAD: f64 = 6000.0;
/// Milliseconds between two pictures while scrolling, of a quick one among four. Measured there, in
/// the middle: 33 to 117.
const FRAME: f64 = 300.0;
const TIMES: usize = 5;

/// With thousands of findings, searching, grouping and scrolling take no time that one would notice.
pub(crate) fn stays_smooth(driver: &Path) -> Result<(), Failed> {
    let directory = tempfile::tempdir()?;
    write_large_tree(directory.path())?;
    let file = directory.path().join("report.html");
    fs::write(&file, report_on(directory.path(), "html"))?;
    let browser = Browser::start(driver, 1400, 1000)?;
    browser.load(&file)?;
    expect(&browser.value(SHOWN)?, 5000, "the number of findings")?;
    // Files are in the subsystems that MAINTAINERS says.
    expect(
        &browser.value("document.querySelector('.group h2 span').textContent")?,
        "BUS OF EXAMPLES",
        "the first group",
    )?;

    let quickest = |expression: &str| -> Result<f64, Failed> {
        let mut least = f64::INFINITY;
        for _ in 0..TIMES {
            let time = browser.value(expression)?;
            least = least.min(time.as_f64().ok_or("the page tells no time")?);
        }
        Ok(least)
    };
    let timed = |action: &str| {
        quickest(&format!(
            "(() => {{ const start = performance.now(); {action}; document.body.offsetHeight;
            return performance.now() - start; }})()"
        ))
    };
    let mut load = f64::INFINITY;
    for _ in 0..TIMES {
        let time = "performance.getEntriesByType('navigation')[0].domComplete";
        load = load.min(browser.value(time)?.as_f64().unwrap_or(f64::INFINITY));
        browser.load(&file)?;
    }
    let filter = timed(
        "search.value = search.value ? '' : 'reset_17'; search.dispatchEvent(new Event('input'))",
    )?;
    browser.value("search.value = ''")?;
    let regroup = timed("group.value = 'file'; group.dispatchEvent(new Event('change'))")?;
    let frame = quickest(
        "new Promise(done => {
            const times = [];
            let last = performance.now();
            const step = now => {
                times.push(now - last);
                last = now;
                scrollBy(0, 250);
                if (times.length < 24) requestAnimationFrame(step);
                else done(times.sort((a, b) => a - b)[6]);
            };
            requestAnimationFrame(step);
        })",
    )?;
    browser.picture("page-5000.png")?;
    let times = [
        ("loading", load, LOAD),
        ("searching", filter, FILTER),
        ("grouping", regroup, LOAD),
        ("a frame while scrolling", frame, FRAME),
    ];
    if times.iter().any(|&(_, time, most)| time > most) {
        return Err(format!("too slow (what, milliseconds, at most): {times:?}").into());
    }
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
