/* SPDX-License-Identifier: MIT */
/*
 * recpipe/err.h - how a call says that it failed, and the version.
 *
 * Every call that can fail takes a `struct rec_err *` as its last argument. It
 * returns 0, or -1 after it filled that struct. The caller keeps one on its
 * stack and hands it to each call; the first failure stays, later ones do not
 * replace it:
 *
 *	struct rec_err e = { 0 };
 *
 *	if (rec_in_open(&in, path, &e) != 0 || ...)
 *		fprintf(stderr, "my-program: %s\n", e.msg);
 *
 * Calls that give one thing after another return 1 (here is one), 0 (the
 * proper end) or -1 (failed), so that a failure is never taken for the end.
 *
 * After a failure whatever the call should have filled is empty, unless its
 * header says otherwise, and a _free function accepts it. The library never
 * prints, never ends the process, reads no environment and changes no signal.
 *
 * Ownership is the same everywhere. The caller owns each struct that it
 * declares, `= { 0 }` is a valid empty one, and the _free function of its type
 * releases what it holds. An opaque type comes from _new or _open and goes with
 * _free or _close, which accept NULL.
 *
 * All names begin with rec_ or REC_. The headers are C11, and C++11 or later.
 */
#ifndef RECPIPE_ERR_H
#define RECPIPE_ERR_H

/*
 * What stands between these two is what librec.so exports, with C's linkage.
 * Everything else of the library is hidden.
 */
#ifdef __cplusplus
#define REC_BEGIN_C _Pragma("GCC visibility push(default)") extern "C" {
#define REC_END_C } _Pragma("GCC visibility pop")
#else
#define REC_BEGIN_C _Pragma("GCC visibility push(default)")
#define REC_END_C _Pragma("GCC visibility pop")
#endif

/*
 * The compiler warns where the result of such a call is not looked at. A
 * failure that nobody sees becomes a wrong result.
 */
#define REC_MUST __attribute__((warn_unused_result))

/* Argument f is a format as printf has it, argument a the first to print. */
#define REC_PRINTF(f, a) __attribute__((format(printf, f, a)))

REC_BEGIN_C

/*
 * What kind of failure it is: what a caller can do about it differs. In
 * brackets the exit status of the commands.
 */
enum rec_code {
	REC_OK = 0,
	REC_EDATA = 1,	/* wrong input: the same call would fail again [1] */
	REC_EUSAGE = 2,	/* settings that do not go together [2] */
	REC_EGATE = 3,	/* a bound that the caller set was not met [3] */
	REC_ENOMEM = 4,	/* no memory: it may work elsewhere [4] */
	REC_EIO = 5,	/* disk or network: it may work later [4] */
};

struct rec_err {
	enum rec_code code;
	/*
	 * One line of text without a newline, for people: which file, line and
	 * field, and what is wrong there. It is cut with "..." where it is too
	 * long. Bytes below 0x20 are shown as '?', so that a label from a
	 * hostile file cannot drive a terminal.
	 */
	char msg[512];
};

/*
 * For functions that the library calls back: fill e, unless it holds an error
 * already. Returns -1, so that `return rec_err_set(...)` is all that a failing
 * function has to say.
 */
int rec_err_set(struct rec_err *e, enum rec_code code, const char *fmt, ...) REC_PRINTF(3, 4);

/*
 * The same after a failed system call: ": " and the text of errnum stand after
 * the message, and the code follows from errnum. ENOMEM gives REC_ENOMEM. What
 * a wrong path gives (ENOENT, EACCES, EISDIR, ENOTDIR, ELOOP, ENAMETOOLONG,
 * EPERM, EROFS, ENXIO) is REC_EDATA. All others are REC_EIO. Returns -1.
 */
int rec_err_errno(struct rec_err *e, int errnum, const char *fmt, ...) REC_PRINTF(3, 4);

/*
 * Put text before the message that e holds: who passes an error on adds what
 * only it knows, such as the name of a file. Returns -1.
 */
int rec_err_prefix(struct rec_err *e, const char *fmt, ...) REC_PRINTF(2, 3);

/*
 * "0.1.0": the version of the library that runs, which need not be the one
 * whose headers were compiled. The string lasts as long as the process.
 */
const char *rec_version(void);

REC_END_C

#endif
