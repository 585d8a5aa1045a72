/* SPDX-License-Identifier: MIT */
/*
 * looks.c - first bytes of formats (their own specifications; file(1)), and
 * lines that are cut by something else than TAB.
 */
#include "io/looks.h"

#include <string.h>

#include "io/num.h"

/* -- the first bytes -- */

static const struct {
	const char *magic;
	unsigned n, at;
	struct rec_looks looks;
} magics[] = {
	{ "\xfd" "7zXZ\0", 6, 0,
	  { "xz", "unpack it first: xz -dc", true, false } },
	{ "\x28\xb5\x2f\xfd", 4, 0, { "zstd", "unpack it first: zstd -dc", true, false } },
	{ "\x04\x22\x4d\x18", 4, 0, { "lz4", "unpack it first: lz4 -dc", true, false } },
	{ "BZh", 3, 0, { "bzip2", "unpack it first: bzip2 -dc", true, false } },
	{ "\x1f\x8b", 2, 0, { "gzip within gzip", "unpack it once: gzip -dc", true, false } },
	{ "\x78\x9c", 2, 0, { "zlib", "unpack it first: pigz -dc", true, false } },
	{ "\x1f\x9d", 2, 0, { "compress (.Z)", "unpack it first: gzip -dc", true, false } },
	{ "LZIP\1", 5, 0, { "lzip", "unpack it first: lzip -dc", true, false } },
	{ "\x5d\0\0", 3, 0, { "lzma", "unpack it first: xz -dc --format=lzma", true, false } },
	{ "\xff\x06\0\0sNaPpY", 10, 0, { "snappy", "unpack it first: snzip -dc", true, false } },
	{ "7z\xbc\xaf\x27\x1c", 6, 0, { "7z", "unpack it first: 7z x -so FILE", true, false } },
	{ "Rar!\x1a\x07", 6, 0, { "rar", "unpack it first: unrar p -inul FILE", true, false } },
	{ "PK\3\4", 4, 0,
	  { "zip (also xlsx, npz)", "unpack it first: unzip -p FILE; from a spreadsheet export CSV",
	    true, false } },
	{ "PK\5\6", 4, 0, { "an empty zip", "there is nothing in it", true, false } },
	{ "ustar", 5, 257, { "tar", "unpack it first: tar -xO", true, false } },
	{ "PAR1", 4, 0,
	  { "Parquet",
	    "turn it into text: duckdb -csv -noheader -c \"from 'FILE'\" | rec-cat --from csv",
	    true, false } },
	{ "ARROW1", 6, 0,
	  { "Arrow (Feather)", "turn it into text with pyarrow or duckdb, then rec-cat --from csv",
	    true, false } },
	{ "ORC", 3, 0,
	  { "ORC", "turn it into text with pyarrow or duckdb, then rec-cat --from csv", true,
	    false } },
	{ "Obj\1", 4, 0,
	  { "Avro", "turn it into text with duckdb, then rec-cat --from csv", true, false } },
	{ "\x89HDF\r\n\x1a\n", 8, 0,
	  { "HDF5", "turn it into text with h5py or pandas, then rec-cat --from csv", true,
	    false } },
	{ "SQLite format 3\0", 16, 0,
	  { "SQLite", "turn it into text: sqlite3 -csv FILE 'select ...' | rec-cat --from csv",
	    true, false } },
	{ "DUCK", 4, 8,
	  { "DuckDB",
	    "turn it into text: duckdb -csv -noheader FILE 'select ...' | rec-cat --from csv", true,
	    false } },
	{ "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8, 0,
	  { "an old spreadsheet (xls)", "export CSV, then rec-cat --from csv", true, false } },
	{ "\x93NUMPY", 6, 0, { "npy", "read it with rec-cat --from npy", true, false } },
	{ "%PDF-", 5, 0, { "PDF", "interactions are wanted as text", true, false } },
	{ "\x7f" "ELF", 4, 0,
	  { "a program", "interactions are wanted as text", true, false } },
	{ "%%MatrixMarket", 14, 0,
	  { "Matrix Market", "read it with rec-cat --from mtx", true, false } },
};

static const struct rec_looks utf16 = {
	"UTF-16", "turn it into UTF-8: iconv -f UTF-16 -t UTF-8", true, false
};
static const struct rec_looks utf16le = {
	"UTF-16LE", "turn it into UTF-8: iconv -f UTF-16LE -t UTF-8", true, false
};
static const struct rec_looks utf16be = {
	"UTF-16BE", "turn it into UTF-8: iconv -f UTF-16BE -t UTF-8", true, false
};
static const struct rec_looks utf32 = {
	"UTF-32", "turn it into UTF-8: iconv -f UTF-32 -t UTF-8", true, false
};
static const struct rec_looks utf32le = {
	"UTF-32LE", "turn it into UTF-8: iconv -f UTF-32LE -t UTF-8", true, false
};
static const struct rec_looks utf32be = {
	"UTF-32BE", "turn it into UTF-8: iconv -f UTF-32BE -t UTF-8", true, false
};
static const struct rec_looks pickle = {
	"a Python pickle", "turn it into text with pandas, then rec-cat --from csv", true, false
};
static const struct rec_looks old_mac = {
	"text whose lines end in CR alone", "turn them into newlines: tr '\\r' '\\n'", true, false
};
static const struct rec_looks json = {
	"JSON", "turn it into text: jq -r '[.user, .item, .rating] | @tsv'", true, false
};
static const struct rec_looks xml = {
	"XML", "turn it into text: a row is user TAB item", true, false
};
static const struct rec_looks html = {
	"HTML", "is it the page of a failed download?", true, false
};

/*
 * Letters and signs that text begins with: a magic of those alone needs bytes
 * after it that text doesn't hold.
 */
static bool holds_binary(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)p[i] < 9 || (unsigned char)p[i] == 127 ||
		    ((unsigned char)p[i] > 13 && (unsigned char)p[i] < 32))
			return true;
	return false;
}

static bool is_textual(const char *magic, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if ((unsigned char)magic[i] < 32 || (unsigned char)magic[i] > 126)
			return false;
	return true;
}

static const struct rec_looks *find_magic(const char *p, size_t n)
{
	for (size_t i = 0; i < sizeof magics / sizeof *magics; i++) {
		size_t end = magics[i].at + magics[i].n;

		if (n < end || memcmp(p + magics[i].at, magics[i].magic, magics[i].n) != 0)
			continue;
		if (magics[i].magic[0] == '%' || !is_textual(magics[i].magic, magics[i].n) ||
		    holds_binary(p, n < 512 ? n : 512))
			return &magics[i].looks;
	}
	return NULL;
}

/*
 * Where the bytes that are 0 stand tells wide characters: counts by position
 * within four.
 */
static const struct rec_looks *find_wide(const char *p, size_t n)
{
	size_t zero[4] = { 0 }, quads;

	if (n >= 4 && (memcmp(p, "\xff\xfe\0\0", 4) == 0 || memcmp(p, "\0\0\xfe\xff", 4) == 0))
		return &utf32;
	if (n >= 2 && (memcmp(p, "\xff\xfe", 2) == 0 || memcmp(p, "\xfe\xff", 2) == 0))
		return &utf16;
	n = n < 1024 ? n : 1024;
	quads = n / 4;
	for (size_t i = 0; i < 4 * quads; i++)
		zero[i % 4] += p[i] == '\0';
	if (quads == 0)
		return NULL;
	if (zero[1] + zero[2] + zero[3] > quads * 29 / 10 && zero[0] == 0)
		return &utf32le;
	if (zero[0] + zero[1] + zero[2] > quads * 29 / 10 && zero[3] == 0)
		return &utf32be;
	if (zero[0] + zero[2] == 0 && zero[1] + zero[3] > quads)
		return &utf16le;
	return zero[1] + zero[3] == 0 && zero[0] + zero[2] > quads ? &utf16be : NULL;
}

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool begins(const char *p, const char *end, const char *with)
{
	for (; *with; p++, with++)
		if (p == end || (*p >= 'A' && *p <= 'Z' ? *p + 'a' - 'A' : *p) != *with)
			return false;
	return true;
}

/* Behind the opening bracket at p. */
static bool goes_on_as_json(const char *p, const char *end)
{
	bool object = *p == '{';
	const char *line_end = memchr(p, '\n', (size_t)(end - p)),
		   *last = line_end ? line_end : end;

	while (last > p + 1 && blank(last[-1]))
		last--;
	for (p++; p < end && blank(*p); p++)
		;
	if (p == end)
		return true;
	if (object)
		return *p == '"' || *p == '}';
	return strchr("{[\"-0123456789tfn]", *p) && strchr("[{],", last[-1]);
}

/*
 * Formats that are text: their first line holds no TAB before the words that
 * tell.
 */
static const struct rec_looks *find_markup(const char *p, size_t n)
{
	const char *end = p + n;

	if (rec_looks_mark(p, n))
		p += 3;
	while (p < end && blank(*p))
		p++;
	if (p == end)
		return NULL;
	if (begins(p, end, "<!doctype html") || begins(p, end, "<html"))
		return &html;
	if (begins(p, end, "<?xml"))
		return &xml;
	if (*p == '{' || *p == '[') {
		const char *newline = memchr(p, '\n', (size_t)(end - p));

		if (!memchr(p, '\t', (size_t)((newline ? newline : end) - p)) &&
		    goes_on_as_json(p, end))
			return &json;
	}
	return NULL;
}

static bool has_bare_cr(const char *p, size_t n)
{
	const char *cr = memchr(p, '\r', n);

	return cr && !memchr(p, '\n', n) && cr + 1 < p + n;
}

const struct rec_looks *rec_looks_format(const char *p, size_t n)
{
	const struct rec_looks *l = find_magic(p, n);

	if (!l)
		l = find_wide(p, n);
	if (!l && n > 12 && p[0] == '\x80' && p[1] >= 2 && p[1] <= 5)
		l = &pickle;
	return l ? l : find_markup(p, n);
}

const struct rec_looks *rec_looks_file(const char *p, size_t n)
{
	const struct rec_looks *l = rec_looks_format(p, n);

	return l ? l : has_bare_cr(p, n) ? &old_mac : NULL;
}

/* -- lines without TAB -- */

enum cut { COLONS, SEMICOLON, COMMA, BAR, BLANKS, RUN, PAIRS, CUTS };

/* By cut: whether it may be (0), surely is (1). */
static const struct rec_looks parted[CUTS][2] = {
#define PARTED(what, todo) { { what, todo, false, true }, { what, todo, true, true } }
	[COLONS] = PARTED("fields parted by '::'", "see rec-cat --from csv -d ::"),
	[SEMICOLON] = PARTED("fields parted by ';'", "see rec-cat --from csv -d ';'"),
	[COMMA] = PARTED("CSV", "see rec-cat --from csv"),
	[BAR] = PARTED("fields parted by '|'", "see rec-cat --from csv -d '|'"),
	[BLANKS] = PARTED("fields parted by blanks", "see rec-cat --from csv -d blanks"),
	[RUN] = PARTED("a TREC run", "see rec-cat --from trec-run"),
	[PAIRS] = PARTED("lines of item:value", "see rec-cat --from libsvm"),
#undef PARTED
};
static const char *const sign[] = {
	[COLONS] = "::", [SEMICOLON] = ";", [COMMA] = ",", [BAR] = "|"
};

static size_t count(const char *p, size_t n, const char *what)
{
	size_t len = strlen(what), found = 0;

	for (size_t i = 0; i + len <= n; i++)
		if (memcmp(p + i, what, len) == 0) {
			found++;
			i += len - 1;
		}
	return found;
}

struct word {
	const char *s;
	size_t n;
};

/* Words parted by blanks: their number, and the first six. */
static size_t words(const char *p, size_t n, struct word w[6])
{
	const char *end = p + n;
	size_t got = 0;

	for (;; got++) {
		const char *from;

		while (p < end && blank(*p))
			p++;
		if (p == end)
			return got;
		for (from = p; p < end && !blank(*p); p++)
			;
		if (got < 6)
			w[got] = (struct word){ from, (size_t)(p - from) };
	}
}

static bool is_number(const struct word *w)
{
	double x;

	return rec_num_f64(w->s, w->n, &x) == REC_NUM_OK;
}

static bool is_pair(const struct word *w)
{
	const char *colon = w->s + w->n;

	while (colon > w->s && colon[-1] != ':')
		colon--;
	return colon > w->s + 1 &&
	       is_number(&(struct word){ colon, (size_t)(w->s + w->n - colon) });
}

/*
 * What cuts a line, or CUTS. A comma next to semicolons is a decimal one; of
 * comma and bar the first counts.
 */
static enum cut cut_of(const char *p, size_t n)
{
	const char *comma = memchr(p, ',', n), *bar = memchr(p, '|', n);
	struct word w[6];
	size_t nw;

	for (enum cut c = COLONS; c <= SEMICOLON; c++)
		if (count(p, n, sign[c]) > 0)
			return c;
	if (comma || bar)
		return comma && (!bar || comma < bar) ? COMMA : BAR;
	nw = words(p, n, w);
	if (nw == 6 && w[1].n == 2 && memcmp(w[1].s, "Q0", 2) == 0)
		return RUN;
	if (nw >= 2 && is_pair(&w[1]))
		return PAIRS;
	return nw >= 2 ? BLANKS : CUTS;
}

const struct rec_looks *rec_looks_line(const char *p, size_t n)
{
	enum cut c = n > 0 ? cut_of(p, n) : CUTS;

	return c == CUTS ? NULL : &parted[c][0];
}

/*
 * Lines that blanks part: 0 they differ, 1 as many words each, 2 with numbers
 * as values (the third word of more, or both of two).
 */
static int even_words(const char *p, const char *end)
{
	size_t want = 0;
	int sure = 2;

	while (p < end) {
		const char *newline = memchr(p, '\n', (size_t)(end - p)),
			   *stop = newline ? newline : end;
		struct word w[6];
		size_t nw = words(p, (size_t)(stop - p), w);

		if (nw < 2 || (want && nw != want))
			return 0;
		if (nw > 4 || !is_number(&w[nw == 2 ? 1 : 2]) || (nw == 2 && !is_number(&w[0])))
			sure = 1;
		want = nw;
		p = stop + 1;
	}
	return want ? sure : 0;
}

/*
 * Every line has as many of the sign as the first; where quotes hide some, at
 * least one.
 */
static bool even_signs(const char *p, const char *end, const char *what)
{
	bool quotes = memchr(p, '"', (size_t)(end - p)) != NULL;
	size_t want = 0;

	while (p < end) {
		const char *newline = memchr(p, '\n', (size_t)(end - p)),
			   *stop = newline ? newline : end;
		size_t got = count(p, (size_t)(stop - p), what);

		if (got == 0 || (want && got != want && !quotes))
			return false;
		want = got;
		p = stop + 1;
	}
	return want > 0;
}

const struct rec_looks *rec_looks_labels(const char *p, size_t n)
{
	const struct rec_looks *l = rec_looks_file(p, n);
	const char *newline = memchr(p, '\n', n), *end = p + n;
	enum cut c;
	int even;

	if (l || n == 0)
		return l;
	while (newline && end[-1] != '\n')	/* whole lines, where there are some */
		end--;
	c = cut_of(p, (size_t)((newline ? newline : end) - p));
	if (c < BLANKS)
		return even_signs(p, end, sign[c]) ? &parted[c][1] : NULL;
	if (c == RUN || c == PAIRS)
		return &parted[c][1];
	even = c == CUTS ? 0 : even_words(p, end);
	if (!even)
		return NULL;
	return &parted[BLANKS][even == 2];
}

/* -- messages -- */

int rec_looks_fail(const struct rec_in *in, const struct rec_looks *l, struct rec_err *e)
{
	return rec_err_set(e, REC_EDATA, "%s: %s%s%s %s", rec_in_name(in),
			   l->lines ? "no line has a TAB; " : "this is ", l->what,
			   l->lines ? "?" : ";", l->todo);
}

bool rec_looks_explain(struct rec_in *in, struct rec_err *e)
{
	size_t n;
	const char *p = rec_in_head(in, &n);
	const struct rec_looks *l = e->code == REC_EDATA ? rec_looks_file(p, n) : NULL;

	if (!l)
		return false;
	*e = (struct rec_err){ 0 };
	rec_looks_fail(in, l, e);
	return true;
}

static uint64_t line_of(const char *p, const char *at)
{
	uint64_t line = 1;

	for (; p < at; p++)
		line += *p == '\n';
	return line;
}

int rec_looks_check(struct rec_in *in, const char *p, size_t n, struct rec_err *e)
{
	const char *name = rec_in_name(in), *end, *at;

	if (n == 0)	/* p may be NULL */
		return 0;
	end = p + n;
	if ((at = memchr(p, '\0', n))) {
		rec_err_set(e, REC_EDATA, "%s:%llu: NUL byte", name,
			    (unsigned long long)line_of(p, at));
		rec_looks_explain(in, e);
		return -1;
	}
	if (has_bare_cr(p, n))
		return rec_looks_fail(in, &old_mac, e);
	for (at = p; (at = memchr(at, 0xef, (size_t)(end - at))); at++)
		if (rec_looks_mark(at, (size_t)(end - at)) && (at == p || at[-1] == '\n'))
			return rec_err_set(e, REC_EDATA, "%s:%llu: %s", name,
					   (unsigned long long)line_of(p, at), REC_LOOKS_MARK);
	return 0;
}
