/* SPDX-License-Identifier: MIT */
/*
 * sweep.c - run a command again and again, each time with another call made to
 * fail (fail.shim.c), and look at what it leaves.
 *
 *	sweep [-ak] [-i STDIN] KIND... -- COMMAND [ARGUMENT...]
 *
 * In the current folder. First a good run: what it writes to stdout, and every
 * file that is new afterwards, is kept. Then for each KIND the first, second,
 * third, ... call fails, until a run is over before the fault comes (from the
 * 400th on every twentieth part further). Each run must either
 *
 *	- exit 4 with one line on stderr that begins with the command's name
 *	  (or, for the kind term, die of SIGTERM), and leave no new file, or
 *	- exit 0 with the same bytes as the good run; only where a call has a
 *	  substitute (not for read, write, close, rename, fsync), or with -a
 *	  (any kind).
 *
 * With -k an old file stands under every name that the good run made: a run
 * that fails must leave each as it was.
 *
 * Another signal, ten seconds, another status, other bytes are failures; they
 * are printed, at most ten a kind. Prints a line a kind; exits 1 if there was
 * any failure. Without arguments it tests the preload library on itself.
 */
#define _DEFAULT_SOURCE	/* realpath, anonymous mappings */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NFILES = 64, PATHS = 4096, SECONDS = 10, EACH = 400, SHOWN = 10, EXIT_WANTED = 4 };

struct file {
	char name[256];
	char *bytes;
	size_t n;
};

struct files {
	struct file f[NFILES];
	size_t n;
};

static char shim[PATHS], work[PATHS / 2];
static struct files before;
static const char *input = "/dev/null";
static bool any_kind, keep_old;

static const char old_bytes[] = "old\n";

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "sweep: %s: %s\n", what, strerror(errno));
	exit(2);
}

static char *in_work(const char *name)
{
	static char path[4][PATHS];
	static int i;
	char *p = path[i++ % 4];

	snprintf(p, PATHS, "%s/%s", work, name);
	return p;
}

static void slurp(struct file *f, const char *path)
{
	FILE *in = fopen(path, "rb");
	size_t cap = 0, got;

	if (!in)
		die(path);
	f->bytes = NULL;
	f->n = 0;
	do {
		cap = 2 * cap + 65536;
		f->bytes = realloc(f->bytes, cap);
		if (!f->bytes)
			die("memory");
		got = fread(f->bytes + f->n, 1, cap - f->n, in);
		f->n += got;
	} while (f->n == cap);
	fclose(in);
}

static void drop(struct files *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->f[i].bytes);
	s->n = 0;
}

static const struct file *named(const struct files *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->f[i].name, name) == 0)
			return &s->f[i];
	return NULL;
}

/*
 * The files of the folder that are not in `known`; with their bytes, and
 * removed, where take is set.
 */
static void new_files(struct files *s, const struct files *known, bool take)
{
	DIR *d = opendir(".");
	struct dirent *entry;

	if (!d)
		die(".");
	s->n = 0;
	while ((entry = readdir(d))) {
		struct file *f = &s->f[s->n];

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
		    (known && named(known, entry->d_name)))
			continue;
		if (s->n == NFILES - 1)
			die("too many files");
		snprintf(f->name, sizeof f->name, "%s", entry->d_name);
		f->bytes = NULL;
		if (take) {
			slurp(f, f->name);
			unlink(f->name);
		}
		s->n++;
	}
	closedir(d);
}

/* With -k: what a run finds. */
static void plant(const struct files *good)
{
	for (size_t i = 0; keep_old && i < good->n; i++) {
		FILE *f = good->f[i].name[0] ? fopen(good->f[i].name, "w") : NULL;

		if (good->f[i].name[0] && (!f || fputs(old_bytes, f) < 0 || fclose(f) != 0))
			die(good->f[i].name);
	}
}

/* After a run that failed: nothing new, every old file as it was. */
static const char *leaves(const struct files *good, const struct files *now)
{
	for (size_t i = 0; i < now->n; i++) {
		const struct file *f = &now->f[i];

		if (f->name[0] && (!keep_old || !named(good, f->name)))
			return "left a file";
		if (f->name[0] &&
		    (f->n != strlen(old_bytes) || memcmp(f->bytes, old_bytes, f->n) != 0))
			return "changed an old file";
	}
	return keep_old && now->n != good->n ? "an old file is gone" : NULL;
}

static int child(char **argv, const char *fault)
{
	int fds[3] = { open(input, O_RDONLY),
		       open(in_work("out"), O_WRONLY | O_CREAT | O_TRUNC, 0666),
		       open(in_work("err"), O_WRONLY | O_CREAT | O_TRUNC, 0666) };

	for (int i = 0; i < 3; i++)
		if (fds[i] < 0 || dup2(fds[i], i) < 0)
			return 126;
	for (int i = 0; i < 3; i++)
		if (fds[i] > 2)
			close(fds[i]);
	if (fault && (setenv("LD_PRELOAD", shim, 1) != 0 || setenv("REC_FAULT", fault, 1) != 0 ||
		      setenv("REC_FAULT_FILE", in_work("fired"), 1) != 0))
		return 126;
	alarm(SECONDS);
	execvp(argv[0], argv);
	return 127;
}

/* The status as wait(2) gives it. */
static int run(char **argv, const char *fault)
{
	pid_t pid;
	int status = 0;

	unlink(in_work("fired"));
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		_exit(child(argv, fault));
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		die("fork");
	return status;
}

/* stdout under the name "" and all new files, which are removed. */
static void results(struct files *s)
{
	new_files(s, &before, true);
	s->f[s->n].name[0] = '\0';
	slurp(&s->f[s->n], in_work("out"));
	s->n++;
}

static const char *differ(const struct files *good, const struct files *now)
{
	for (size_t i = 0; i < good->n; i++) {
		const struct file *g = &good->f[i], *f = named(now, g->name);

		if (!f)
			return "exit 0 but a file is missing";
		if (f->n != g->n || memcmp(f->bytes, g->bytes, g->n) != 0)
			return "exit 0 with other bytes";
	}
	return now->n == good->n ? NULL : "exit 0 with one file too many";
}

/* One line that begins with the name of the command. */
static bool one_message(const char *command, char *text, size_t size)
{
	struct file err;
	const char *slash = strrchr(command, '/'), *name = slash ? slash + 1 : command;
	size_t n = strlen(name);
	bool good;

	slurp(&err, in_work("err"));
	snprintf(text, size, "%.*s", (int)(err.n < 2000 ? err.n : 2000), err.bytes);
	good = err.n > n + 3 && memcmp(err.bytes, name, n) == 0 && err.bytes[n] == ':' &&
	       memchr(err.bytes, '\n', err.n) == err.bytes + err.n - 1;
	free(err.bytes);
	return good;
}

static bool may_survive(const char *kind)
{
	static const char *const never[] = {
		"read", "write", "writeio", "close", "rename", "fsync"
	};

	for (size_t i = 0; i < sizeof never / sizeof *never; i++)
		if (strcmp(kind, never[i]) == 0)
			return any_kind;
	return true;
}

static bool must_survive(const char *kind)
{
	return strcmp(kind, "eintr") == 0 || strcmp(kind, "short") == 0;
}

/* What is wrong with a run, or NULL. */
static const char *judge(const char *kind, const char *command, int status, bool fired,
			 const struct files *good, char *err, size_t size)
{
	struct files now;
	const char *wrong = NULL;
	bool message = one_message(command, err, size);

	results(&now);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM && strcmp(kind, "term") == 0)
		wrong = leaves(good, &now);
	else if (WIFSIGNALED(status))
		wrong = WTERMSIG(status) == SIGALRM ? "hangs" : "died of a signal";
	else if (WEXITSTATUS(status) == 0)
		wrong = fired && !may_survive(kind) ? "exit 0" : differ(good, &now);
	else if (!fired || must_survive(kind))
		wrong = "failed without need";
	else if (WEXITSTATUS(status) != EXIT_WANTED)
		wrong = "exit status is not 4";
	else if (!message)
		wrong = "stderr is not one line of the command";
	else
		wrong = leaves(good, &now);
	drop(&now);
	return wrong;
}

static int sweep(const char *kind, char **argv, const struct files *good)
{
	unsigned long faults = 0, survived = 0, wrong = 0;
	bool fired = true;

	for (unsigned long n = 1; fired; n += n < EACH ? 1 : n / 20) {
		char fault[64], err[2048];
		const char *what;
		int status;

		snprintf(fault, sizeof fault, "%s:%lu", kind, n);
		plant(good);
		status = run(argv, fault);
		fired = access(in_work("fired"), F_OK) == 0;
		what = judge(kind, argv[0], status, fired, good, err, sizeof err);
		faults += fired;
		survived += fired && status == 0;
		if (what && wrong++ < SHOWN)
			printf("%s: REC_FAULT=%s: %s (status %#x)\n\tstderr: %s\n", argv[0], fault,
			       what, (unsigned)status, err);
		if (wrong > 0 && !fired)
			break;
	}
	printf("%s: %s: %lu faults, %lu survived, %lu wrong\n", argv[0], kind, faults, survived,
	       wrong);
	return wrong ? 1 : 0;
}

static int sweep_all(int nkinds, char **kinds, char **argv)
{
	struct files good;
	int rc = 0;

	new_files(&before, NULL, false);
	if (run(argv, NULL) != 0) {
		printf("%s: fails without any fault\n", argv[0]);
		return 1;
	}
	results(&good);
	for (int i = 0; i < nkinds; i++)
		rc |= sweep(kinds[i], argv, &good);
	drop(&good);
	return rc;
}

/*
 * The preload library tried on this program: three calls of every kind, the
 * second fails.
 */

static void *nothing(void *arg)
{
	return arg;
}

/* 0 or the errno that a call of this kind gave. */
static int call(const char *kind)
{
	void *volatile p;
	pthread_t t;
	char c = 'x';
	int fd, rc = 0;

	errno = 0;
	if (strcmp(kind, "malloc") == 0) {
		p = malloc(100);
		free(p);
	} else if (strcmp(kind, "mmap") == 0) {
		p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	} else if (strcmp(kind, "thread") == 0) {
		rc = pthread_create(&t, NULL, nothing, NULL);
		if (rc == 0)
			pthread_join(t, NULL);
		return rc;
	} else if (strcmp(kind, "rename") == 0) {
		rc = rename("renamed", "renamed");
	} else if (strcmp(kind, "link") == 0) {
		unlink("linked");
		errno = 0;
		rc = link("renamed", "linked");
	} else {
		fd = open("renamed", O_RDWR);
		if (fd < 0)
			return errno;
		if (strcmp(kind, "fsync") == 0 && fsync(fd) != 0) {
			rc = errno;
			close(fd);
			return rc;
		}
		rc = write(fd, &c, 1) != 1 || lseek(fd, 0, SEEK_SET) != 0 || read(fd, &c, 1) != 1 ?
			     errno :
			     0;
		if (close(fd) != 0 && rc == 0)
			rc = errno;
		return rc;
	}
	return errno;
}

static int victim(const char *kind)
{
	int a = call(kind), b = call(kind), c = call(kind);

	return a != 0 || c != 0 ? 100 : b;
}

static int test_shim(char *self)
{
	static const struct {
		const char *kind;
		int err;
	} kinds[] = { { "malloc", ENOMEM }, { "mmap", ENOMEM }, { "thread", EAGAIN },
		      { "rename", EIO },    { "open", EMFILE }, { "write", ENOSPC },
		      { "writeio", EIO },   { "read", EIO },	{ "close", EIO },
		      { "link", EPERM },    { "fsync", EIO } };
	int wrong = 0, n = (int)(sizeof kinds / sizeof *kinds);

	for (int i = 0; i < n; i++) {
		char fault[64], *argv[] = { self, (char *)"--victim",
					    (char *)(uintptr_t)kinds[i].kind, NULL };
		int status;

		snprintf(fault, sizeof fault, "%s:2", kinds[i].kind);
		status = run(argv, fault);
		if (!WIFEXITED(status) || WEXITSTATUS(status) != kinds[i].err ||
		    access(in_work("fired"), F_OK) != 0) {
			printf("not ok sweep: %s: status %#x instead of errno %d\n", kinds[i].kind,
			       (unsigned)status, kinds[i].err);
			wrong++;
		}
		snprintf(fault, sizeof fault, "%s:0", kinds[i].kind);
		if (run(argv, fault) != 0 || access(in_work("fired"), F_OK) == 0) {
			printf("not ok sweep: %s fails when none should\n", kinds[i].kind);
			wrong++;
		}
	}
	if (!wrong)
		printf("ok sweep: %d checks\n", 2 * n);
	return wrong ? 1 : 0;
}

static void find_shim(void)
{
	ssize_t n = readlink("/proc/self/exe", shim, sizeof shim - 16);
	char *slash;

	if (n < 0)
		die("/proc/self/exe");
	shim[n] = '\0';
	slash = strrchr(shim, '/');
	strcpy(slash + 1, "fail.so");
	if (access(shim, R_OK) != 0)
		die(shim);
}

static int self_test(char *self)
{
	char path[PATHS];
	int fd, rc;

	if (!realpath(self, path) || chdir(work) != 0)
		die(self);
	fd = open("renamed", O_WRONLY | O_CREAT, 0666);
	if (fd < 0 || close(fd) != 0)
		die("renamed");
	rc = test_shim(path);
	unlink(in_work("renamed"));
	unlink(in_work("linked"));
	return rc;
}

static void clean(void)
{
	unlink(in_work("out"));
	unlink(in_work("err"));
	unlink(in_work("fired"));
	rmdir(work);
}

int main(int argc, char **argv)
{
	int c, first, rc;

	if (argc == 3 && strcmp(argv[1], "--victim") == 0)
		return victim(argv[2]);
	while ((c = getopt(argc, argv, "+aki:")) != -1) {
		if (c == 'i')
			input = optarg;
		else if (c == 'a')
			any_kind = true;
		else if (c == 'k')
			keep_old = true;
		else
			return 2;
	}
	for (first = optind; first < argc && strcmp(argv[first], "--") != 0; first++)
		;
	if (argc > 1 && (first == optind || first + 1 >= argc)) {
		fputs("usage: sweep [-ak] [-i STDIN] KIND... -- COMMAND [ARGUMENT...]\n", stderr);
		return 2;
	}
	find_shim();
	snprintf(work, sizeof work, "%s/sweep.XXXXXX",
		 getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	if (!mkdtemp(work))
		die(work);
	rc = argc == 1 ? self_test(argv[0]) :
			 sweep_all(first - optind, argv + optind, argv + first + 1);
	clean();
	return rc;
}
