/* A disk that loses what was not synced: preloaded into a process that writes below TORTURE_ROOT.
 *
 * Every change below the root is remembered until it is synced: bytes that were overwritten or added until the file
 * is fsynced or fdatasynced, and names that were made, moved or removed until their directory is fsynced. At the
 * TORTURE_CUT_AT-th change (and, with TORTURE_CUT_AT_END, when the process ends) all other threads are stopped, a
 * part of what was not synced is undone, chosen by TORTURE_SEED, and the process is gone with exit code 99.
 * sync_file_range promises nothing and is not believed. As with POSIX, the sync of a file does not sync its name.
 *
 * What is not undone: writes by stdio (RocksDB's LOG, which nobody reads), and those through memory maps (not used).
 *
 * TORTURE_FULL_FROM and TORTURE_FULL_CALLS: so many calls that take space fail with ENOSPC, from that one on.
 * TORTURE_SYNCS_LIE: syncs do nothing, a control that must lose what was acknowledged.
 * TORTURE_EIO_AT: that sync of a file fails with EIO, once; what it should have synced is doomed: lost at the cut although
 * later syncs succeed, as on Linux, which marks pages clean that it could not write. A page that is written again is
 * doomed no more. TORTURE_DOOMED_TO: where to write down, at the end of a process without a cut, what is doomed;
 * TORTURE_DOOMED_FROM: where a process before has done so. */

#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define SECTOR 512
#define PAGE 4096
#define PATH_SIZE 4096

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char root[PATH_SIZE];
static size_t root_size;
static char grave[PATH_SIZE];
static uint64_t state;
static uint64_t calls, cut_at, spacious_calls, full_from, full_calls, sync_calls, eio_at;
static int cut_at_end, syncs_lie, is_active;
static const char *doomed_to;

/* --- randomness ------------------------------------------------------------------------------------------------- */

static uint64_t draw(uint64_t bound)
{
	state += 0x9e3779b97f4a7c15ull;
	uint64_t mixed = (state ^ state >> 30) * 0xbf58476d1ce4e5b9ull;
	mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebull;
	mixed ^= mixed >> 31;
	return bound ? mixed % bound : 0;
}

/* --- what is remembered ----------------------------------------------------------------------------------------- */

/* Bytes that changed: what stood there before, as far as it was durable. */
struct extent {
	off_t at;
	size_t size, old_size;
	unsigned char *old;
	struct extent *before;
};

/* A file with changes that are not durable. */
struct file {
	dev_t dev;
	ino_t ino;
	int fd;
	off_t durable; /* its durable size */
	struct extent *pending, *doomed;
	struct file *next;
};

enum change { CREATED, MOVED, REMOVED, LINKED, MADE_FOLDER, REMOVED_FOLDER };

/* A name that changed. */
struct name {
	enum change change;
	char folder[PATH_SIZE], from[PATH_SIZE], to[PATH_SIZE];
	uint64_t buried; /* number of the file in the grave; 0 = none */
	struct name *before;
};

static struct file *files;
static struct name *names;
static uint64_t burials;

static uint64_t number_of(const char *variable)
{
	const char *text = getenv(variable);
	return text ? strtoull(text, NULL, 10) : 0;
}

static void doomed_before(const char *where);

__attribute__((constructor)) static void begin(void)
{
	const char *where = getenv("TORTURE_ROOT"), *tomb = getenv("TORTURE_GRAVE");
	if (!where || !tomb)
		return;
	snprintf(root, sizeof root, "%s", where);
	snprintf(grave, sizeof grave, "%s", tomb);
	root_size = strlen(root);
	state = number_of("TORTURE_SEED");
	cut_at = number_of("TORTURE_CUT_AT");
	cut_at_end = number_of("TORTURE_CUT_AT_END") != 0;
	syncs_lie = number_of("TORTURE_SYNCS_LIE") != 0;
	full_from = number_of("TORTURE_FULL_FROM");
	full_calls = number_of("TORTURE_FULL_CALLS");
	eio_at = number_of("TORTURE_EIO_AT");
	doomed_to = getenv("TORTURE_DOOMED_TO");
	doomed_before(getenv("TORTURE_DOOMED_FROM"));
	is_active = 1;
}

static int is_below(const char *path)
{
	return is_active && !strncmp(path, root, root_size) && (path[root_size] == '/' || !path[root_size]);
}

static int path_of(int fd, char *path)
{
	char link[64];
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t size = syscall(SYS_readlinkat, AT_FDCWD, link, path, PATH_SIZE - 1);
	path[size < 0 ? 0 : size] = 0;
	return size > 0;
}

static int is_tracked(int fd)
{
	char path[PATH_SIZE];
	int saved = errno;
	int tracked = is_active && fd > 2 && path_of(fd, path) && is_below(path);
	errno = saved;
	return tracked;
}

/* The absolute path of a name relative to a folder. */
static int absolute(int folder, const char *path, char *out)
{
	char base[PATH_SIZE];
	if (!is_active || !path)
		return 0;
	if (path[0] == '/')
		return snprintf(out, PATH_SIZE, "%s", path) < PATH_SIZE && is_below(out);
	if (folder == AT_FDCWD ? !getcwd(base, sizeof base) : !path_of(folder, base))
		return 0;
	return snprintf(out, PATH_SIZE, "%.2000s/%.2000s", base, path) < PATH_SIZE && is_below(out);
}

static void folder_of(const char *path, char *folder)
{
	snprintf(folder, PATH_SIZE, "%s", path);
	char *slash = strrchr(folder, '/');
	if (slash)
		*slash = 0;
}

static void *must(void *memory)
{
	if (!memory)
		_exit(98);
	return memory;
}

/* The file behind a descriptor, remembered from now on: what it holds so far counts as durable. */
static struct file *file_of(int fd)
{
	struct stat now;
	if (fstat(fd, &now) || !S_ISREG(now.st_mode))
		return NULL;
	for (struct file *file = files; file; file = file->next)
		if (file->dev == now.st_dev && file->ino == now.st_ino)
			return file;
	char link[64];
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	int own = syscall(SYS_openat, AT_FDCWD, link, O_RDWR | O_CLOEXEC, 0);
	if (own < 0)
		return NULL;
	struct file *file = must(calloc(1, sizeof *file));
	*file = (struct file){ .dev = now.st_dev, .ino = now.st_ino, .fd = own, .durable = now.st_size, .next = files };
	return files = file;
}

static void remember(struct file *file, off_t at, size_t size)
{
	struct extent *extent = must(calloc(1, sizeof *extent));
	*extent = (struct extent){ .at = at, .size = size, .before = file->pending };
	if (at < file->durable) {
		size_t old = file->durable - at;
		extent->old_size = old < size ? old : size;
		extent->old = must(malloc(extent->old_size));
		ssize_t got = syscall(SYS_pread64, file->fd, extent->old, extent->old_size, at);
		if (got < 0)
			got = 0;
		memset(extent->old + got, 0, extent->old_size - got);
	}
	file->pending = extent;
}

static void forget(struct extent *extent)
{
	while (extent) {
		struct extent *before = extent->before;
		free(extent->old);
		free(extent);
		extent = before;
	}
}

/* What could not be written: page by page, so that a page that is written again can be taken out. */
static void doom(struct file *file)
{
	struct extent **end_of_doomed = &file->doomed;
	while (*end_of_doomed)
		end_of_doomed = &(*end_of_doomed)->before;
	for (struct extent *extent = file->pending; extent; extent = extent->before) {
		off_t end = extent->at + extent->size;
		for (off_t from = extent->at; from < end;) {
			off_t upto = (from / PAGE + 1) * PAGE;
			if (upto > end)
				upto = end;
			size_t place = from - extent->at, size = upto - from;
			size_t old_size = place >= extent->old_size ? 0 : extent->old_size - place;
			struct extent *part = must(calloc(1, sizeof *part));
			*part = (struct extent){ .at = from, .size = size };
			part->old_size = old_size < size ? old_size : size;
			if (part->old_size) {
				part->old = must(malloc(part->old_size));
				memcpy(part->old, extent->old + place, part->old_size);
			}
			*end_of_doomed = part;
			end_of_doomed = &part->before;
			from = upto;
		}
	}
	forget(file->pending);
	file->pending = NULL;
}

/* Pages that were written again are on disk. */
static void spare(struct file *file, struct extent *written)
{
	for (struct extent **place = &file->doomed; *place;) {
		struct extent *extent = *place;
		if (extent->at / PAGE < written->at / PAGE ||
		    extent->at / PAGE > (written->at + (off_t)written->size - 1) / PAGE) {
			place = &extent->before;
			continue;
		}
		*place = extent->before;
		free(extent->old);
		free(extent);
	}
}

static void made_durable(struct file *wanted)
{
	for (struct file **place = &files; *place; place = &(*place)->next) {
		struct file *file = *place;
		if (file != wanted)
			continue;
		struct stat now;
		for (struct extent *extent = file->pending; extent; extent = extent->before)
			spare(file, extent);
		forget(file->pending);
		file->pending = NULL;
		if (!fstat(file->fd, &now))
			file->durable = now.st_size;
		if (!file->doomed) {
			syscall(SYS_close, file->fd);
			*place = file->next;
			free(file);
		}
		return;
	}
}

static void grave_path(uint64_t buried, char *out)
{
	snprintf(out, PATH_SIZE, "%.4000s/%llu", grave, (unsigned long long)buried);
}

/* Keeps a file that loses its name. */
static uint64_t bury(const char *path)
{
	char tomb[PATH_SIZE];
	int saved = errno;
	grave_path(++burials, tomb);
	syscall(SYS_unlinkat, AT_FDCWD, tomb, 0);
	uint64_t buried = syscall(SYS_linkat, AT_FDCWD, path, AT_FDCWD, tomb, 0) ? 0 : burials;
	errno = saved;
	return buried;
}

static void renamed(enum change change, const char *from, const char *to, uint64_t buried)
{
	struct name *name = must(calloc(1, sizeof *name));
	name->change = change;
	name->buried = buried;
	snprintf(name->from, PATH_SIZE, "%s", from);
	snprintf(name->to, PATH_SIZE, "%s", to);
	folder_of(to, name->folder);
	name->before = names;
	names = name;
}

/* The file in the grave will not come back; if nothing else holds it, its number may be given to another. */
static void decay(uint64_t buried)
{
	char tomb[PATH_SIZE];
	struct stat now;
	grave_path(buried, tomb);
	if (!fstatat(AT_FDCWD, tomb, &now, 0) && now.st_nlink == 1)
		for (struct file **place = &files; *place; place = &(*place)->next)
			if ((*place)->dev == now.st_dev && (*place)->ino == now.st_ino) {
				struct file *file = *place;
				*place = file->next;
				forget(file->pending);
				forget(file->doomed);
				syscall(SYS_close, file->fd);
				free(file);
				break;
			}
	syscall(SYS_unlinkat, AT_FDCWD, tomb, 0);
}

static void folder_made_durable(const char *folder)
{
	for (struct name **place = &names; *place;) {
		struct name *name = *place;
		if (strcmp(name->folder, folder)) {
			place = &name->before;
			continue;
		}
		*place = name->before;
		if (name->buried)
			decay(name->buried);
		free(name);
	}
}

/* For whoever looks into what happened. */
static void tell(const char *what, int fd)
{
	char path[PATH_SIZE], line[PATH_SIZE + 64];
	int size = snprintf(line, sizeof line, "call %llu: %s %s\n", (unsigned long long)calls, what,
			    path_of(fd, path) ? path : "");
	syscall(SYS_write, 2, line, size);
}

/* --- the cut ---------------------------------------------------------------------------------------------------- */

static void restore(struct file *file, struct extent *extent, off_t from, off_t upto)
{
	unsigned char bytes[SECTOR];
	for (off_t at = from; at < upto; at++) {
		size_t place = at - extent->at;
		bytes[at - from] = place < extent->old_size ? extent->old[place] : 0;
	}
	syscall(SYS_pwrite64, file->fd, bytes, (size_t)(upto - from), from);
}

/* Undoes an extent sector by sector: all of it, or one sector in so many. */
static void undo_extent(struct file *file, struct extent *extent, uint64_t one_in)
{
	off_t end = extent->at + extent->size;
	for (off_t from = extent->at; from < end;) {
		off_t upto = (from / SECTOR + 1) * SECTOR;
		if (upto > end)
			upto = end;
		if (draw(one_in) == 0)
			restore(file, extent, from, upto);
		from = upto;
	}
}

static void cut_file(struct file *file)
{
	struct stat now;
	if (fstat(file->fd, &now))
		return;
	off_t size = now.st_size;
	uint64_t way = draw(10);
	if (way < 3) { /* nothing of it came through */
		for (struct extent *extent = file->pending; extent; extent = extent->before)
			undo_extent(file, extent, 1);
		size = file->durable;
	} else if (way < 5) { /* everything did */
	} else if (way < 7) { /* a first part did */
		if (size > file->durable) {
			uint64_t sectors = (size - file->durable) / SECTOR + 1;
			off_t at = (file->durable / SECTOR + draw(sectors)) * SECTOR;
			size = at > file->durable ? at : file->durable;
		}
	} else { /* some sectors did */
		uint64_t one_in = 1 + draw(4);
		for (struct extent *extent = file->pending; extent; extent = extent->before)
			undo_extent(file, extent, one_in);
		if (draw(2) && size > file->durable)
			size = file->durable + draw(size - file->durable + 1);
	}
	if (file->doomed && draw(4)) {
		uint64_t one_in = 1 + draw(2);
		for (struct extent *extent = file->doomed; extent; extent = extent->before)
			if (extent->at + (off_t)extent->size <= now.st_size)
				undo_extent(file, extent, one_in);
	}
	if (size != now.st_size)
		syscall(SYS_ftruncate, file->fd, size);
}

static void remove_tree(const char *path)
{
	DIR *folder = opendir(path);
	struct dirent *entry;
	while (folder && (entry = readdir(folder))) {
		char inner[PATH_SIZE];
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		snprintf(inner, sizeof inner, "%.3800s/%.255s", path, entry->d_name);
		if (syscall(SYS_unlinkat, AT_FDCWD, inner, 0))
			remove_tree(inner);
	}
	if (folder)
		closedir(folder);
	syscall(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR);
}

static void undo_name(struct name *name)
{
	char tomb[PATH_SIZE];
	grave_path(name->buried, tomb);
	switch (name->change) {
	case CREATED:
	case LINKED:
		syscall(SYS_unlinkat, AT_FDCWD, name->to, 0);
		break;
	case MOVED:
		syscall(SYS_renameat2, AT_FDCWD, name->to, AT_FDCWD, name->from, 0);
		if (name->buried)
			syscall(SYS_linkat, AT_FDCWD, tomb, AT_FDCWD, name->to, 0);
		break;
	case REMOVED:
		if (name->buried)
			syscall(SYS_linkat, AT_FDCWD, tomb, AT_FDCWD, name->to, 0);
		break;
	case MADE_FOLDER:
		remove_tree(name->to);
		break;
	case REMOVED_FOLDER:
		syscall(SYS_mkdirat, AT_FDCWD, name->to, 0755);
		break;
	}
}

/* Of every folder the last changes are undone: file systems keep the order of names within a folder. */
static void cut_names(void)
{
	while (names) {
		const char *folder = names->folder;
		char chosen[PATH_SIZE];
		snprintf(chosen, sizeof chosen, "%s", folder);
		uint64_t count = 0, way = draw(3);
		for (struct name *name = names; name; name = name->before)
			count += !strcmp(name->folder, chosen);
		uint64_t lost = way == 0 ? 0 : way == 1 ? count : draw(count + 1);
		for (struct name **place = &names; *place;) {
			struct name *name = *place;
			if (strcmp(name->folder, chosen)) {
				place = &name->before;
				continue;
			}
			*place = name->before;
			if (lost) {
				undo_name(name);
				lost--;
			}
			free(name);
		}
	}
}

/* The lock is held, and never given back. */
static void cut(void)
{
	/* What another thread makes of files that change under it is not heard any more. */
	int nowhere = syscall(SYS_openat, AT_FDCWD, "/dev/null", O_WRONLY, 0);
	syscall(SYS_dup3, nowhere, 1, 0);
	for (struct file *file = files; file; file = file->next)
		cut_file(file);
	cut_names();
	_exit(99);
}

/* --- what is changed on the way --------------------------------------------------------------------------------- */

static void enter(void)
{
	pthread_mutex_lock(&lock);
	if (++calls == cut_at)
		cut();
}

static void leave(void)
{
	int saved = errno;
	pthread_mutex_unlock(&lock);
	errno = saved;
}

static int is_full(void)
{
	if (!full_from || ++spacious_calls < full_from || spacious_calls >= full_from + full_calls)
		return 0;
	if (spacious_calls == full_from)
		tell("the disk is full", -1);
	errno = ENOSPC;
	return 1;
}

/* --- what a failed sync leaves to the next process ------------------------------------------------------------- */

/* An extent as it is written down; the name of its file and its old bytes follow. */
struct doomed {
	uint64_t ino, at, size, old_size;
	char path[PATH_SIZE];
};

static void write_down_doomed(void)
{
	int out = syscall(SYS_openat, AT_FDCWD, doomed_to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	for (struct file *file = files; file && out >= 0; file = file->next)
		for (struct extent *extent = file->doomed; extent; extent = extent->before) {
			struct doomed doomed = { file->ino, extent->at, extent->size, extent->old_size, "" };
			if (!path_of(file->fd, doomed.path))
				continue;
			syscall(SYS_write, out, &doomed, sizeof doomed);
			syscall(SYS_write, out, extent->old, extent->old_size);
		}
	syscall(SYS_close, out);
}

static void doomed_before(const char *where)
{
	struct doomed doomed;
	int in = where ? syscall(SYS_openat, AT_FDCWD, where, O_RDONLY | O_CLOEXEC, 0) : -1;
	while (in >= 0 && syscall(SYS_read, in, &doomed, sizeof doomed) == sizeof doomed) {
		struct extent *extent = must(calloc(1, sizeof *extent));
		*extent = (struct extent){ .at = doomed.at, .size = doomed.size, .old_size = doomed.old_size };
		extent->old = must(malloc(doomed.old_size + 1));
		syscall(SYS_read, in, extent->old, doomed.old_size);
		int fd = syscall(SYS_openat, AT_FDCWD, doomed.path, O_RDWR | O_CLOEXEC, 0);
		struct file *file = fd < 0 ? NULL : file_of(fd);
		if (file && file->ino == doomed.ino) {
			struct extent **place = &file->doomed;
			while (*place)
				place = &(*place)->before;
			*place = extent;
		} else {
			free(extent->old);
			free(extent);
		}
		syscall(SYS_close, fd);
	}
	syscall(SYS_close, in);
}

__attribute__((destructor)) static void end(void)
{
	if (!is_active || !(cut_at_end || doomed_to))
		return;
	pthread_mutex_lock(&lock);
	if (cut_at_end)
		cut();
	write_down_doomed();
	pthread_mutex_unlock(&lock);
}

static off_t place_of(int fd)
{
	struct stat now;
	int flags = syscall(SYS_fcntl, fd, F_GETFL);
	if (flags >= 0 && flags & O_APPEND)
		return fstat(fd, &now) ? 0 : now.st_size;
	return syscall(SYS_lseek, fd, 0, SEEK_CUR);
}

/* Full disks take a part first. */
static size_t shorten(size_t size)
{
	return spacious_calls == full_from && size > 1 ? size / 2 : 0;
}

ssize_t write(int fd, const void *bytes, size_t size)
{
	if (!is_tracked(fd))
		return syscall(SYS_write, fd, bytes, size);
	enter();
	ssize_t done = -1;
	if (!is_full() || (size = shorten(size))) {
		struct file *file = file_of(fd);
		if (file)
			remember(file, place_of(fd), size);
		done = syscall(SYS_write, fd, bytes, size);
	}
	leave();
	return done;
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off_t at)
{
	if (!is_tracked(fd))
		return syscall(SYS_pwrite64, fd, bytes, size, at);
	enter();
	ssize_t done = -1;
	if (!is_full() || (size = shorten(size))) {
		struct file *file = file_of(fd);
		if (file)
			remember(file, at, size);
		done = syscall(SYS_pwrite64, fd, bytes, size, at);
	}
	leave();
	return done;
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at)
{
	return pwrite64(fd, bytes, size, at);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
	if (!is_tracked(fd))
		return syscall(SYS_writev, fd, parts, count);
	ssize_t done = 0;
	for (int part = 0; part < count; part++) {
		ssize_t some = write(fd, parts[part].iov_base, parts[part].iov_len);
		if (some < 0)
			return done ? done : some;
		done += some;
		if ((size_t)some < parts[part].iov_len)
			break;
	}
	return done;
}

int ftruncate64(int fd, off_t size)
{
	struct stat now;
	if (!is_tracked(fd))
		return syscall(SYS_ftruncate, fd, size);
	enter();
	struct file *file = file_of(fd);
	if (file && !fstat(fd, &now) && size < now.st_size)
		remember(file, size, now.st_size - size);
	int done = syscall(SYS_ftruncate, fd, size);
	leave();
	return done;
}

int ftruncate(int fd, off_t size)
{
	return ftruncate64(fd, size);
}

int fallocate64(int fd, int mode, off_t at, off_t size)
{
	if (!is_tracked(fd))
		return syscall(SYS_fallocate, fd, mode, at, size);
	enter();
	int done = -1;
	if (!is_full()) {
		if (!(mode & FALLOC_FL_KEEP_SIZE))
			file_of(fd);
		done = syscall(SYS_fallocate, fd, mode, at, size);
	}
	leave();
	return done;
}

int fallocate(int fd, int mode, off_t at, off_t size)
{
	return fallocate64(fd, mode, at, size);
}

int posix_fallocate64(int fd, off_t at, off_t size)
{
	return fallocate64(fd, 0, at, size) ? errno : 0;
}

int posix_fallocate(int fd, off_t at, off_t size)
{
	return posix_fallocate64(fd, at, size);
}

static int sync_fd(int fd, long call)
{
	struct stat now;
	char path[PATH_SIZE];
	if (!is_tracked(fd) || fstat(fd, &now))
		return syscall(call, fd);
	enter();
	int done = 0;
	if (syncs_lie) {
		/* As if it had been done. */
	} else if (S_ISDIR(now.st_mode)) {
		if (path_of(fd, path))
			folder_made_durable(path);
	} else {
		struct file *file = file_of(fd);
		if (eio_at && ++sync_calls == eio_at) {
			tell("the sync fails:", fd);
			if (file)
				doom(file);
			errno = EIO;
			done = -1;
		} else if (file) {
			made_durable(file);
		}
	}
	leave();
	return done;
}

int fsync(int fd)
{
	return sync_fd(fd, SYS_fsync);
}

int fdatasync(int fd)
{
	return sync_fd(fd, SYS_fdatasync);
}

int sync_file_range(int fd, off_t at, off_t size, unsigned flags)
{
	if (!is_tracked(fd))
		return syscall(SYS_sync_file_range, fd, at, size, flags);
	return 0;
}

static int open_at(int folder, const char *path, int flags, mode_t mode)
{
	char full[PATH_SIZE];
	int writes = (flags & O_ACCMODE) != O_RDONLY;
	if (!(flags & (O_CREAT | O_TRUNC)) || !absolute(folder, path, full))
		return syscall(SYS_openat, folder, path, flags, mode);
	enter();
	struct stat now;
	int is_new = fstatat(AT_FDCWD, full, &now, AT_SYMLINK_NOFOLLOW) != 0;
	int done = -1;
	if (!is_new || !(flags & O_CREAT) || !is_full()) {
		int truncates = !is_new && flags & O_TRUNC && writes && S_ISREG(now.st_mode) && now.st_size > 0;
		done = syscall(SYS_openat, AT_FDCWD, full, truncates ? flags & ~O_TRUNC : flags, mode);
		if (done >= 0 && is_new)
			renamed(CREATED, full, full, 0);
		if (done >= 0 && truncates) {
			struct file *file = file_of(done);
			if (file)
				remember(file, 0, now.st_size);
			syscall(SYS_ftruncate, done, 0);
		}
	}
	leave();
	return done;
}

#define WITH_MODE(mode) \
	mode_t mode = 0; \
	if (flags & O_CREAT) { \
		va_list rest; \
		va_start(rest, flags); \
		mode = va_arg(rest, mode_t); \
		va_end(rest); \
	}

int open(const char *path, int flags, ...)
{
	WITH_MODE(mode)
	return open_at(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
	WITH_MODE(mode)
	return open_at(AT_FDCWD, path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...)
{
	WITH_MODE(mode)
	return open_at(folder, path, flags, mode);
}

int openat64(int folder, const char *path, int flags, ...)
{
	WITH_MODE(mode)
	return open_at(folder, path, flags, mode);
}

int creat(const char *path, mode_t mode)
{
	return open_at(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

int renameat(int from_folder, const char *from, int to_folder, const char *to)
{
	char old[PATH_SIZE], new[PATH_SIZE];
	if (!absolute(from_folder, from, old) || !absolute(to_folder, to, new))
		return syscall(SYS_renameat2, from_folder, from, to_folder, to, 0);
	enter();
	uint64_t buried = bury(new);
	int done = syscall(SYS_renameat2, AT_FDCWD, old, AT_FDCWD, new, 0);
	if (!done)
		renamed(MOVED, old, new, buried);
	leave();
	return done;
}

int rename(const char *from, const char *to)
{
	return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int unlinkat(int folder, const char *path, int flags)
{
	char full[PATH_SIZE];
	if (!absolute(folder, path, full))
		return syscall(SYS_unlinkat, folder, path, flags);
	enter();
	uint64_t buried = flags & AT_REMOVEDIR ? 0 : bury(full);
	int done = syscall(SYS_unlinkat, AT_FDCWD, full, flags);
	if (!done)
		renamed(flags & AT_REMOVEDIR ? REMOVED_FOLDER : REMOVED, full, full, buried);
	leave();
	return done;
}

int unlink(const char *path)
{
	return unlinkat(AT_FDCWD, path, 0);
}

int rmdir(const char *path)
{
	return unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

int mkdirat(int folder, const char *path, mode_t mode)
{
	char full[PATH_SIZE];
	if (!absolute(folder, path, full))
		return syscall(SYS_mkdirat, folder, path, mode);
	enter();
	int done = is_full() ? -1 : syscall(SYS_mkdirat, AT_FDCWD, full, mode);
	if (!done)
		renamed(MADE_FOLDER, full, full, 0);
	leave();
	return done;
}

int mkdir(const char *path, mode_t mode)
{
	return mkdirat(AT_FDCWD, path, mode);
}

int linkat(int from_folder, const char *from, int to_folder, const char *to, int flags)
{
	char old[PATH_SIZE], new[PATH_SIZE];
	if (!absolute(to_folder, to, new) || !absolute(from_folder, from, old))
		return syscall(SYS_linkat, from_folder, from, to_folder, to, flags);
	enter();
	int done = is_full() ? -1 : syscall(SYS_linkat, AT_FDCWD, old, AT_FDCWD, new, flags);
	if (!done)
		renamed(LINKED, old, new, 0);
	leave();
	return done;
}

int link(const char *from, const char *to)
{
	return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}
