/*
 * Stands between a program and its disk (LD_PRELOAD; Linux, 64 bit).
 *
 * It records, in the order in which they happened, all changes that the program makes to files
 * below FAIRLANE_SHIM_DIR, and which of them it made durable; and it lets those calls fail as a
 * full or a failing disk would, as told by a page that the test shares with it. Calls that go
 * elsewhere pass through.
 *
 * FAIRLANE_SHIM_DIR      the directory, as realpath(3) gives it
 * FAIRLANE_SHIM_LOG      the log; tests/src/faults/recording.rs reads it
 * FAIRLANE_SHIM_CONTROL  the faults; tests/src/faults/control.rs writes them
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kinds of records; recording.rs has the same list. */
enum kind { CREATED = 1, WRITTEN = 2, TRUNCATED = 3, SYNCED = 4, UNLINKED = 5, RENAMED = 6 };

/* The head of a record; `path` and `data` follow. */
struct record {
    uint64_t kind;
    uint64_t file;  /* the inode */
    uint64_t value; /* WRITTEN: the offset; TRUNCATED: the length; SYNCED: the size of the log when
                       the call began, because what is written meanwhile may be left out */
    uint64_t path_length;
    uint64_t data_length;
};

/* The faults; control.rs has the same list. */
struct control {
    int64_t space;         /* bytes that still fit on the disk; negative: no end */
    int64_t sync_error;    /* the errno of every fsync and fdatasync; 0: none */
    int64_t write_error;   /* the errno of every write; 0: none */
    int64_t longest_write; /* writes take at most that many bytes; 0: all */
    int64_t injected;      /* how many calls have failed or fallen short so far */
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int log_file = -1;
static const char *directory;
static size_t directory_length;
static struct control calm = {.space = -1};
static volatile struct control *control = &calm;

static void die(const char *what) {
    fprintf(stderr, "shim: %s: %s\n", what, strerror(errno));
    abort();
}

__attribute__((constructor)) static void start(void) {
    const char *path = getenv("FAIRLANE_SHIM_LOG");
    directory = getenv("FAIRLANE_SHIM_DIR");
    if (directory == NULL) {
        return;
    }
    directory_length = strlen(directory);
    if (path != NULL) {
        int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC;
        log_file = (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0644);
        if (log_file < 0) {
            die(path);
        }
    }
    path = getenv("FAIRLANE_SHIM_CONTROL");
    if (path != NULL) {
        int file = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
        if (file < 0) {
            die(path);
        }
        void *page = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        if (page == MAP_FAILED) {
            die("mmap");
        }
        control = page;
        syscall(SYS_close, file);
    }
}

/* The mutex orders threads, the lock orders processes: a record stands where its change happened. */
static void enter(void) {
    pthread_mutex_lock(&mutex);
    if (log_file >= 0) {
        flock(log_file, LOCK_EX);
    }
}

static void leave(void) {
    int kept = errno;
    if (log_file >= 0) {
        flock(log_file, LOCK_UN);
    }
    pthread_mutex_unlock(&mutex);
    errno = kept;
}

static void append(const void *bytes, size_t length) {
    const char *at = bytes;
    while (length > 0) {
        long done = syscall(SYS_write, log_file, at, length);
        if (done < 0) {
            die("log");
        }
        at += done;
        length -= (size_t)done;
    }
}

static void record(enum kind kind, uint64_t file, uint64_t value, const char *path, const void *data,
                   size_t data_length) {
    int kept = errno;
    if (log_file >= 0) {
        struct record head = {kind, file, value, strlen(path), data_length};
        append(&head, sizeof head);
        append(path, head.path_length);
        append(data, data_length);
    }
    errno = kept;
}

static uint64_t log_size(void) {
    struct stat status;
    return log_file >= 0 && fstat(log_file, &status) == 0 ? (uint64_t)status.st_size : 0;
}

static int is_ours(const char *path) {
    return directory != NULL && strncmp(path, directory, directory_length) == 0 &&
           (path[directory_length] == '/' || path[directory_length] == '\0');
}

/* Tells whether the descriptor is of a file below the directory, and which. */
static int find(int fd, char path[PATH_MAX], uint64_t *file) {
    char link[64];
    struct stat status;
    int kept = errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = directory == NULL ? -1 : readlink(link, path, PATH_MAX - 1);
    path[length < 0 ? 0 : length] = '\0';
    int found = length > 0 && is_ours(path) && fstat(fd, &status) == 0;
    *file = found ? status.st_ino : 0;
    errno = kept;
    return found;
}

/* The program's own notes are no part of what is tried. */
static int may_fail(const char *path) {
    size_t length = strlen(path);
    return length < 5 || strcmp(path + length - 5, ".acks") != 0;
}

/* Gives how much of a write goes to the disk; -1 and errno, if nothing does. */
static ssize_t admit(const char *path, size_t length) {
    if (!may_fail(path) || length == 0) {
        return (ssize_t)length;
    }
    if (control->write_error != 0) {
        control->injected++;
        errno = (int)control->write_error;
        return -1;
    }
    size_t admitted = length;
    if (control->longest_write > 0 && admitted > (size_t)control->longest_write) {
        admitted = (size_t)control->longest_write;
    }
    if (control->space >= 0 && admitted > (size_t)control->space) {
        admitted = (size_t)control->space;
    }
    if (admitted < length) {
        control->injected++;
    }
    if (admitted == 0) {
        errno = ENOSPC;
        return -1;
    }
    if (control->space >= 0) {
        control->space -= (int64_t)admitted;
    }
    return (ssize_t)admitted;
}

ssize_t write(int fd, const void *bytes, size_t length) {
    char path[PATH_MAX];
    uint64_t file;
    if (!find(fd, path, &file)) {
        return syscall(SYS_write, fd, bytes, length);
    }
    enter();
    ssize_t done = admit(path, length);
    if (done > 0) {
        done = syscall(SYS_write, fd, bytes, (size_t)done);
    }
    if (done > 0) {
        off_t end = lseek(fd, 0, SEEK_CUR);
        record(WRITTEN, file, (uint64_t)(end - done), path, bytes, (size_t)done);
    }
    leave();
    return done;
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) {
    char path[PATH_MAX];
    uint64_t file;
    if (!find(fd, path, &file)) {
        return syscall(SYS_pwrite64, fd, bytes, length, offset);
    }
    enter();
    ssize_t done = admit(path, length);
    if (done > 0) {
        done = syscall(SYS_pwrite64, fd, bytes, (size_t)done, offset);
    }
    if (done > 0) {
        record(WRITTEN, file, (uint64_t)offset, path, bytes, (size_t)done);
    }
    leave();
    return done;
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
    return pwrite64(fd, bytes, length, offset);
}

int ftruncate64(int fd, off64_t length) {
    char path[PATH_MAX];
    uint64_t file;
    if (!find(fd, path, &file)) {
        return (int)syscall(SYS_ftruncate, fd, length);
    }
    enter();
    struct stat status;
    int done = -1;
    int grows = fstat(fd, &status) == 0 && length > status.st_size;
    if (grows && may_fail(path) && control->space == 0) {
        control->injected++;
        errno = ENOSPC;
    } else {
        done = (int)syscall(SYS_ftruncate, fd, length);
    }
    if (done == 0) {
        record(TRUNCATED, file, (uint64_t)length, path, NULL, 0);
    }
    leave();
    return done;
}

int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

/* The sync itself runs outside the lock, so that other threads write meanwhile as they would. */
static int sync_by(long call, int fd) {
    char path[PATH_MAX];
    uint64_t file;
    if (!find(fd, path, &file)) {
        return (int)syscall(call, fd);
    }
    enter();
    uint64_t begin = log_size();
    int failure = may_fail(path) ? (int)control->sync_error : 0;
    if (failure != 0) {
        control->injected++;
    }
    leave();
    if (failure != 0) {
        errno = failure;
        return -1;
    }
    int done = (int)syscall(call, fd);
    if (done == 0) {
        enter();
        record(SYNCED, file, begin, path, NULL, 0);
        leave();
    }
    return done;
}

int fsync(int fd) { return sync_by(SYS_fsync, fd); }

int fdatasync(int fd) { return sync_by(SYS_fdatasync, fd); }

static int open_by(int at, const char *path, int flags, mode_t mode) {
    if ((flags & (O_CREAT | O_TRUNC)) == 0 || directory == NULL) {
        return (int)syscall(SYS_openat, at, path, flags, mode);
    }
    char real[PATH_MAX];
    struct stat status;
    uint64_t file;
    enter();
    int is_new = fstatat(at, path, &status, 0) != 0;
    int fd = (int)syscall(SYS_openat, at, path, flags, mode);
    if (fd >= 0 && find(fd, real, &file)) {
        if (is_new) {
            record(CREATED, file, 0, real, NULL, 0);
        } else if ((flags & O_TRUNC) != 0) {
            record(TRUNCATED, file, 0, real, NULL, 0);
        }
    }
    leave();
    return fd;
}

static mode_t mode_of(int flags, va_list arguments) {
    return (flags & (O_CREAT | O_TMPFILE)) != 0 ? (mode_t)va_arg(arguments, int) : 0;
}

#define OPEN(at, path, flags)                                                                      \
    va_list arguments;                                                                             \
    va_start(arguments, flags);                                                                    \
    mode_t mode = mode_of(flags, arguments);                                                       \
    va_end(arguments);                                                                             \
    return open_by(at, path, flags, mode)

int open(const char *path, int flags, ...) { OPEN(AT_FDCWD, path, flags); }
int open64(const char *path, int flags, ...) { OPEN(AT_FDCWD, path, flags); }
int openat(int at, const char *path, int flags, ...) { OPEN(at, path, flags); }
int openat64(int at, const char *path, int flags, ...) { OPEN(at, path, flags); }

static int unlink_by(int at, const char *path, int flags) {
    char real[PATH_MAX];
    enter();
    int is_known = directory != NULL && realpath(path, real) != NULL && is_ours(real);
    int done = (int)syscall(SYS_unlinkat, at, path, flags);
    if (done == 0 && is_known) {
        record(UNLINKED, 0, 0, real, NULL, 0);
    }
    leave();
    return done;
}

int unlink(const char *path) { return unlink_by(AT_FDCWD, path, 0); }
int unlinkat(int at, const char *path, int flags) { return unlink_by(at, path, flags); }

int rename(const char *from, const char *to) {
    char real_from[PATH_MAX], real_to[PATH_MAX];
    enter();
    int is_known = directory != NULL && realpath(from, real_from) != NULL && is_ours(real_from);
    int done = (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
    if (done == 0 && is_known && realpath(to, real_to) != NULL) {
        record(RENAMED, 0, 0, real_from, real_to, strlen(real_to));
    }
    leave();
    return done;
}
