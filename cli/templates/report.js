// SPDX-License-Identifier: MIT OR Apache-2.0
// The findings of the page: lists them, filters them, and makes markup of a finding when it is opened.
"use strict";
(() => {
	const data = JSON.parse(document.getElementById("data").textContent);
	const WAITS = ["free", "spin", "config", "sleep"];
	const CONFIDENCES = ["high", "medium", "low"];
	const byId = (id) => document.getElementById(id);

	// ----- making elements

	function element(name, attributes, ...children) {
		const it = document.createElement(name);
		for (const [key, value] of Object.entries(attributes || {})) it.setAttribute(key, value);
		it.append(...children);
		return it;
	}

	function drawn(name, attributes, ...children) {
		const it = document.createElementNS("http://www.w3.org/2000/svg", name);
		for (const [key, value] of Object.entries(attributes || {})) it.setAttribute(key, value);
		it.append(...children);
		return it;
	}

	/** Text in which what stands between backticks is code. */
	function prose(text) {
		const out = document.createDocumentFragment();
		text.split("`").forEach((piece, index) => {
			if (piece) out.append(index % 2 ? element("code", {}, piece) : piece);
		});
		return out;
	}

	/** A place: a link where sources can be looked at, else a button that copies it. */
	function place(file, line) {
		const text = `${data.files[file]}:${line}`;
		if (data.source_url) {
			const path = data.files[file].split("/").map(encodeURIComponent).join("/");
			const href = data.source_url.replaceAll("{file}", path).replaceAll("{line}", line);
			return element("a", { class: "place", href, rel: "noreferrer", target: "_blank" }, text);
		}
		const button = element("button", { class: "place", type: "button", title: "Copy" }, text);
		button.addEventListener("click", (event) => {
			event.preventDefault();
			navigator.clipboard?.writeText(text);
			button.title = "Copied";
		});
		return button;
	}

	// ----- sources

	const KEYWORDS = new Set(
		("auto bool break case char const continue default do double else enum extern float for goto if "
		+ "inline int long register return short signed sizeof static struct switch typedef union unsigned "
		+ "void volatile while u8 u16 u32 u64 s8 s16 s32 s64 size_t "
		// Rust has these besides.
		+ "as crate dyn fn impl in let loop match mod move mut pub ref self Self trait type unsafe use where").split(" "));
	const TOKEN = /\/\*.*?(?:\*\/|$)|\/\/.*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[A-Za-z_]\w*|\s+|./g;

	function colours(text) {
		const out = document.createDocumentFragment();
		for (const [token] of text.matchAll(TOKEN)) {
			const kind = token.startsWith("/*") || token.startsWith("//") ? "cm"
				: token[0] === '"' || token[0] === "'" ? "st"
				: KEYWORDS.has(token) ? "kw" : null;
			out.append(kind ? element("span", { class: kind }, token) : token);
		}
		return out;
	}

	function excerpt(step) {
		const pre = element("pre");
		const lines = data.lines[step.file];
		const numbers = [-2, -1, 0, 1, 2].map((by) => step.line + by).filter((line) => lines[line] !== undefined);
		// Indentation that all lines have takes room and says nothing.
		const depths = numbers.map((line) => lines[line]).filter((text) => text.trim()).map((text) => text.match(/^\t*/)[0].length);
		const common = depths.length ? Math.min(...depths) : 0;
		for (const line of numbers) {
			const text = lines[line].slice(common);
			const row = element("div", {}, element("span", { class: "no" }, String(line)));
			if (line === step.line) {
				row.className = "hit";
				const [at, length] = step.mark || [common, 0];
				const start = Math.max(at - common, 0);
				row.append(colours(text.slice(0, start)));
				row.append(element("mark", {}, text.slice(start, start + length)));
				row.append(colours(text.slice(start + length)));
			} else {
				row.append(colours(text));
			}
			pre.append(row);
		}
		return pre.childElementCount ? pre : null;
	}

	// ----- the picture of a chain

	/** Steps of a long chain that are drawn; the middle is left out. */
	const MOST_DRAWN = 28;
	const ROW = 40, BOX = 30, INDENT = 12, TOP = 34, LEFT = 14, COLUMN = 62;

	/** Calls as steps downwards; the wait types as columns, tinted by what the context allows. */
	function picture(finding) {
		const steps = finding.steps;
		let rows = steps.map((_, index) => index);
		if (rows.length > MOST_DRAWN) {
			rows = [...rows.slice(0, MOST_DRAWN / 2), -1, ...rows.slice(-MOST_DRAWN / 2)];
		}
		const shift = (index) => LEFT + Math.min(steps[index].depth, 8) * INDENT;
		const begins = (step) => step.kind === "acquire" || step.kind === "enter";
		const label = (step) => (step.kind === "acquire" ? step.callee : `${step.callee}()`);
		const longest = Math.max(...steps.map((step, index) => Math.max(
			shift(index) + 7.2 * label(step).length,
			shift(index) + 5.6 * `${data.files[step.file]}:${step.line}`.length)));
		const width = Math.min(Math.max(longest + 24, 250), 430);
		const scale = width + 14;
		const height = TOP + rows.length * ROW + 6;
		const svg = drawn("svg", {
			width: scale + 4 * COLUMN + 6, height, role: "img",
			viewBox: `0 0 ${scale + 4 * COLUMN + 6} ${height}`,
			"aria-label": `${finding.message.replaceAll("`", "")}: the limit is ${WAITS[finding.limit]}, `
				+ `the demand ${WAITS[finding.wait]}`,
		});
		const rowOf = (index) => rows.indexOf(index);
		const y = (row) => TOP + row * ROW;

		// The last acquisition is where the context really begins.
		const begin = rowOf(steps.reduce((last, step, index) => begins(step) ? index : last, 0));
		const from = y(Math.max(begin, 0)) + BOX / 2;
		const boundary = scale + (finding.limit + 1) * COLUMN;
		svg.append(
			drawn("rect", { class: "allowed", x: scale, y: from, width: boundary - scale, height: height - from }),
			drawn("rect", { class: "forbidden", x: boundary, y: from, width: scale + 4 * COLUMN - boundary, height: height - from }),
			drawn("rect", { class: "band", x: scale - 6, y: from, width: 4, height: height - from }));
		WAITS.forEach((name, index) => {
			const x = scale + index * COLUMN;
			svg.append(
				drawn("line", { class: "columns", x1: x, x2: x, y1: 22, y2: height }),
				drawn("text", { class: "scale", x: x + COLUMN / 2, y: 16, "text-anchor": "middle" }, name));
		});
		svg.append(
			drawn("line", { class: "limit", x1: boundary, x2: boundary, y1: from, y2: height }),
			drawn("text", { class: "scale", x: boundary - 4, y: from - 5, "text-anchor": "end" }, "limit"),
			drawn("text", { class: "held", x: scale + 7, y: from + 14 }, finding.lock ? clipped(finding.lock, 38) : begun(finding.context, 38)));

		rows.forEach((index, row) => {
			if (index < 0) {
				const left = steps.length - MOST_DRAWN;
				svg.append(drawn("text", { class: "where", x: LEFT + 24, y: y(row) + 20 }, `… ${left} more calls`));
				return;
			}
			const step = steps[index];
			const x = shift(index);
			const kind = step.kind === "demand" ? " end" : begins(step) ? " begin" : "";
			const box = drawn("g", {},
				drawn("rect", { class: `box${kind}`, x, y: y(row), width: width - x, height: BOX, rx: 4 }),
				drawn("text", { class: "fn", x: x + 8, y: y(row) + 13 }, clipped(label(step), (width - x - 12) / 7.1)),
				drawn("text", { class: "where", x: x + 8, y: y(row) + 25 }, clipped(`${data.files[step.file]}:${step.line}`, (width - x - 12) / 5.5)),
				drawn("title", {}, step.words));
			svg.append(box);
			if (row > 0) {
				svg.append(drawn("path", { class: "call", d: `M${x + 5} ${y(row) - (ROW - BOX)}v${ROW - BOX}` }));
			}
			if (step.kind === "demand") {
				const to = scale + finding.wait * COLUMN + COLUMN / 2;
				const middle = y(row) + BOX / 2;
				svg.append(
					drawn("path", { class: "demand", d: `M${width} ${middle}H${to - 6}` }),
					drawn("circle", { class: "dot", cx: to, cy: middle, r: 6 }),
					drawn("text", { class: "needs", x: scale + 4 * COLUMN - 6, y: middle - 10, "text-anchor": "end" }, finding.demand));
			}
		});
		return svg;
	}

	/** Words that are too long. */
	function begun(text, room) {
		return text.length <= room ? text : `${text.slice(0, room - 1).trimEnd()}…`;
	}

	/** The end of a name tells more than its start. */
	function clipped(text, room) {
		return text.length <= room ? text : `…${text.slice(text.length - Math.max(Math.floor(room) - 1, 1))}`;
	}

	// ----- a finding

	function body(finding) {
		const rule = data.rules[finding.rule];
		const why = element("div", { class: "why" });
		const say = (text) => text && why.append(element("p", {}, prose(text)));
		const sentence = (text) => text && `${text[0].toUpperCase()}${text.slice(1)}.`;
		say(sentence(finding.verdict));
		say(sentence(finding.doubts));
		say(rule.help && `What to do: ${rule.help}`);
		say(sentence(finding.others));
		say(sentence(finding.configurations));
		why.append(element("p", {},
			"Finding ", element("code", {}, finding.fingerprint), "; rule ",
			element("a", { href: rule.url, rel: "noreferrer", target: "_blank" }, rule.name), ": ", rule.summary, "."));
		const steps = element("div", { class: "steps" });
		finding.steps.forEach((step, index) => {
			const it = element("div", { class: "step" },
				element("p", {}, `${index + 1}. `, prose(step.words), " ", place(step.file, step.line)));
			const lines = excerpt(step);
			if (lines) it.append(lines);
			steps.append(it);
		});
		return element("div", { class: "body" }, why, element("div", { class: "picture" }, picture(finding)), steps);
	}

	const rows = data.findings.map((finding, index) => {
		const rule = data.rules[finding.rule];
		const main = finding.steps[finding.main];
		const file = `${data.files[main.file]}:${main.line}`;
		const tags = element("span", { class: "tags" }, element("span", { class: `tag ${rule.level}` }, rule.name));
		if (finding.confidence !== "high") {
			tags.append(element("span", { class: `tag ${finding.confidence}` }, `${finding.confidence} confidence`));
		}
		const row = element("details", { class: `finding ${rule.level}`, id: `f-${finding.fingerprint}` },
			element("summary", {},
				element("span", {}, prose(finding.message)),
				element("span", { class: "place" }, `${file} in ${main.function}`),
				tags));
		row.addEventListener("toggle", () => open(row, index), { once: true });
		return row;
	});

	function open(row, index) {
		if (!row.querySelector(".body")) row.append(body(data.findings[index]));
	}

	/** What a search looks at. */
	const texts = data.findings.map((finding) => [
		finding.message, finding.subsystem, finding.lock, finding.fingerprint, data.rules[finding.rule].name,
		...finding.steps.map((step) => `${step.function} ${step.callee} ${data.files[step.file]}`),
	].join(" ").toLowerCase());

	// ----- the list

	const list = byId("list");
	const search = byId("search");
	const groupBy = byId("group");
	let groups = [];

	const KEYS = {
		subsystem: (finding) => finding.subsystem,
		rule: (finding) => data.rules[finding.rule].name,
		confidence: (finding) => `${finding.confidence} confidence`,
		lock: (finding) => finding.lock || finding.context,
		file: (finding) => data.files[finding.steps[finding.main].file],
	};

	function regroup() {
		const key = KEYS[groupBy.value];
		const members = new Map();
		data.findings.forEach((finding, index) => {
			const name = key(finding);
			if (!members.has(name)) members.set(name, []);
			members.get(name).push(index);
		});
		const names = [...members.keys()];
		if (groupBy.value === "confidence") {
			names.sort((a, b) => CONFIDENCES.indexOf(a.split(" ")[0]) - CONFIDENCES.indexOf(b.split(" ")[0]));
		} else {
			names.sort((a, b) => members.get(b).length - members.get(a).length || (a < b ? -1 : 1));
		}
		groups = names.map((name) => {
			const count = element("span", { class: "n" });
			const section = element("section", { class: "group" }, element("h2", {}, element("span", {}, name), count));
			section.append(...members.get(name).map((index) => rows[index]));
			return { section, count, members: members.get(name) };
		});
		list.replaceChildren(...groups.map((group) => group.section));
		filter();
	}

	function chips(id, entries, keyOf) {
		const box = byId(id);
		for (const [name, title] of entries) {
			const count = data.findings.filter((finding) => keyOf(finding) === name).length;
			if (!count) continue;
			const input = element("input", { type: "checkbox", value: name, checked: "" });
			input.addEventListener("change", filter);
			box.append(element("label", { class: "chip", title }, input, name, element("span", { class: "n" }, String(count))));
		}
		return () => new Set([...box.querySelectorAll("input:checked")].map((it) => it.value));
	}

	const ruleOf = (finding) => data.rules[finding.rule].name;
	const chosenRules = chips("rules", data.rules.map((rule) => [rule.name, rule.summary]), ruleOf);
	const chosenConfidences = chips("confidences", CONFIDENCES.map((it) => [it, ""]), (finding) => finding.confidence);

	function filter() {
		const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
		const rules = chosenRules();
		const confidences = chosenConfidences();
		let shown = 0;
		for (const group of groups) {
			let here = 0;
			for (const index of group.members) {
				const finding = data.findings[index];
				const matches = rules.has(ruleOf(finding)) && confidences.has(finding.confidence)
					&& words.every((word) => texts[index].includes(word));
				rows[index].hidden = !matches;
				here += matches;
			}
			group.section.hidden = here === 0;
			group.count.textContent = String(here);
			shown += here;
		}
		byId("count").textContent = `${shown} of ${rows.length} shown`;
		byId("nothing").hidden = shown > 0;
	}

	search.addEventListener("input", filter);
	groupBy.addEventListener("change", regroup);
	byId("filters").addEventListener("submit", (event) => event.preventDefault());

	// ----- the nesting

	const graph = byId("graph");
	function light(node) {
		graph.classList.toggle("lit", Boolean(node));
		for (const it of graph.querySelectorAll(".on")) it.classList.remove("on");
		if (!node) return;
		const id = node.dataset.n;
		const near = new Set([id]);
		for (const edge of graph.querySelectorAll(".edge")) {
			if (edge.dataset.a !== id && edge.dataset.b !== id) continue;
			edge.classList.add("on");
			near.add(edge.dataset.a).add(edge.dataset.b);
		}
		for (const it of graph.querySelectorAll(".node")) it.classList.toggle("on", near.has(it.dataset.n));
	}
	for (const node of graph ? graph.querySelectorAll(".node") : []) {
		node.addEventListener("mouseenter", () => light(node));
		node.addEventListener("focus", () => light(node));
		node.addEventListener("mouseleave", () => light(null));
		node.addEventListener("blur", () => light(null));
	}

	/** Rows of the table at a time; a search finds the others. */
	const MOST_ROWS = 300;
	function nestings() {
		const words = byId("nesting-search").value.toLowerCase().split(/\s+/).filter(Boolean);
		const found = data.nestings.filter((it) => words.every((word) => `${it.outer} ${it.inner}`.toLowerCase().includes(word)));
		const cells = found.slice(0, MOST_ROWS).map((it) => element("tr", it.inner_wait > it.outer_wait ? { class: "bad" } : {},
			element("td", {}, element("code", {}, it.outer), ` ${WAITS[it.outer_wait]}`),
			element("td", {}, element("code", {}, it.inner), ` ${WAITS[it.inner_wait]}`),
			element("td", { class: "n" }, String(it.functions)),
			element("td", {}, place(it.file, it.line), ` in ${it.function}`)));
		byId("nestings").tBodies[0].replaceChildren(...cells);
		byId("nestings-more").textContent = found.length > MOST_ROWS
			? `${found.length - MOST_ROWS} more: search for a lock to see them.` : `${found.length} ${found.length === 1 ? "nesting" : "nestings"}.`;
	}
	byId("nesting-search").addEventListener("input", nestings);

	// ----- parts of the page, keys, theme

	const parts = [...document.querySelectorAll(".part")];
	function show(name) {
		for (const part of parts) part.hidden = part.id !== name;
		for (const link of document.querySelectorAll("nav a")) {
			if (link.dataset.part === name) link.setAttribute("aria-current", "page");
			else link.removeAttribute("aria-current");
		}
		if (name === "nesting" && !byId("nestings").tBodies[0].childElementCount) nestings();
	}

	/** What is gone to must not end up behind the filters, where these stay in sight. */
	function leaveRoom() {
		const filters = byId("filters");
		const stay = getComputedStyle(filters).position === "sticky";
		document.documentElement.style.scrollPaddingTop = stay ? `${filters.offsetHeight}px` : "";
	}
	new ResizeObserver(leaveRoom).observe(byId("filters"));

	function navigate() {
		leaveRoom();
		const hash = decodeURIComponent(location.hash.slice(1));
		const row = hash.startsWith("f-") && byId(hash);
		show(parts.some((part) => part.id === hash) ? hash : "findings");
		if (row) {
			row.open = true;
			row.scrollIntoView();
			row.querySelector("summary").focus({ preventScroll: true });
		}
	}
	addEventListener("hashchange", navigate);

	function theme() {
		const root = document.documentElement;
		const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
		root.dataset.theme = dark ? "light" : "dark";
	}
	byId("theme").addEventListener("click", theme);
	byId("keys").addEventListener("click", () => byId("help").showModal());

	function move(by) {
		const summaries = groups.flatMap((group) => group.members).map((index) => rows[index])
			.filter((row) => !row.hidden).map((row) => row.firstElementChild);
		const at = summaries.indexOf(document.activeElement);
		const next = summaries[at < 0 ? (by > 0 ? 0 : summaries.length - 1) : at + by];
		if (next) {
			next.focus();
			next.scrollIntoView({ block: "nearest" });
		}
	}

	addEventListener("keydown", (event) => {
		if (event.ctrlKey || event.metaKey || event.altKey || byId("help").open) return;
		if (event.target.matches("input, select, textarea")) {
			if (event.key === "Escape") event.target.blur();
			return;
		}
		const part = { 1: "findings", 2: "nesting", 3: "coverage" }[event.key];
		if (part) location.hash = part;
		else if (event.key === "/") { location.hash = "findings"; show("findings"); search.focus(); }
		else if (event.key === "j") move(1);
		else if (event.key === "k") move(-1);
		else if (event.key === "t") theme();
		else if (event.key === "?") byId("help").showModal();
		else if (event.key === "g") {
			groupBy.selectedIndex = (groupBy.selectedIndex + 1) % groupBy.options.length;
			regroup();
		} else return;
		event.preventDefault();
	});

	/** Findings of which print shows everything; of more it shows what is open. */
	const MOST_PRINTED = 40;
	addEventListener("beforeprint", () => {
		const shown = rows.filter((row) => !row.hidden);
		if (shown.length > MOST_PRINTED) return;
		shown.forEach((row) => { open(row, rows.indexOf(row)); row.open = true; });
	});

	regroup();
	navigate();
})();
