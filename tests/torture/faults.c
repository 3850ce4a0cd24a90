/* A disk that fails: loaded before the C library (LD_PRELOAD), armed by faults_arm().

   Only files below one folder are concerned. Operations on them are counted; at the n-th
     "kill"   the process is killed before it: what was written stays;
     "power"  the same, and all that was not synced is forgotten;
     "torn"   the same, and of what was not synced each write is forgotten or not, by a seed;
     "write", "read", "fsync"  fails once with EIO (kinds are counted apart).

   What is written is on the disk after an fsync of the file; that a name came, went or was changed
   is so after an fsync of its folder, a new name also after an fsync of its file. Until then it is
   in a list of what would take it back, which a cut of the power works off from its end. */

#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { NONE, KILL, POWER, TORN, WRITE, READ, FSYNC };
enum undo { GONE, BYTES, NEW_NAME, REMOVED, RENAMED };

struct change {
    enum undo how;
    dev_t dev;               /* of the file (BYTES, NEW_NAME), */
    ino_t ino;
    int fd;                  /* and a descriptor of it, */
    char *folder;            /* the folder whose fsync settles it, */
    char *name, *other;      /* names: the one that is there now, and that of before */
    char *aside;             /* a second name of what was there before */
    off_t at, size;          /* where bytes were, and how long the file was */
    size_t length;
    char *bytes;
};

static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static enum kind armed = NONE;
static long remaining = 0, counted = 0, asides = 0;
static unsigned dice = 1;
static char below[PATH_MAX];
static struct change *changes = NULL;
static size_t changes_used = 0, changes_room = 0;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int is_ours(const char *path) {
    return armed != NONE && below[0] && strncmp(path, below, strlen(below)) == 0;
}

static int path_of(int fd, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return is_ours(path);
}

static void absolute(const char *path, char *full) {
    char folder[PATH_MAX], copy[PATH_MAX - 2];
    snprintf(copy, sizeof copy, "%s", path);
    char *slash = strrchr(copy, '/');
    const char *name = slash ? slash + 1 : copy;
    if (slash) *slash = 0;
    if (!realpath(slash ? (*copy ? copy : "/") : ".", folder)) folder[0] = 0;
    if (snprintf(full, PATH_MAX, "%s/%s", folder, name) >= PATH_MAX) full[0] = 0;
}

static char *folder_of(const char *path) {
    char *copy = strdup(path), *slash = strrchr(copy, '/');
    if (slash) *slash = 0;
    return copy;
}

static struct change *note(enum undo how) {
    if (changes_used == changes_room) {
        changes_room = changes_room ? 2 * changes_room : 256;
        changes = realloc(changes, changes_room * sizeof *changes);
    }
    struct change *new = &changes[changes_used++];
    memset(new, 0, sizeof *new);
    new->how = how;
    return new;
}

static void take_back(struct change *one) {
    if (one->how == BYTES) {
        if (one->length) REAL(pwrite64)(one->fd, one->bytes, one->length, one->at);
        REAL(ftruncate64)(one->fd, one->size);
    } else if (one->how == NEW_NAME) {
        REAL(unlink)(one->name);
    } else if (one->how == REMOVED) {
        REAL(rename)(one->aside, one->name);
    } else if (one->how == RENAMED) {
        REAL(rename)(one->name, one->other);
        if (one->aside) REAL(rename)(one->aside, one->name);
    }
}

static void forget_asides(void) {
    for (size_t at = 0; at < changes_used; at++)
        if (changes[at].aside) REAL(unlink)(changes[at].aside);
}

static void stop_here(void) {
    if (armed != KILL)
        for (size_t at = changes_used; at-- > 0;) {
            int stays = armed == TORN && (rand_r(&dice) & 1);
            if (changes[at].how != GONE && !stays) take_back(&changes[at]);
        }
    forget_asides();
    raise(SIGKILL);
}

/* Count an operation; true where it is to fail. */
static int reached(enum kind what) {
    int stops = armed == KILL || armed == POWER || armed == TORN;
    if (stops ? what == READ : what != armed) return 0;
    counted++;
    if (--remaining != 0) return 0;
    if (stops) stop_here();
    errno = EIO;
    return 1;
}

static int stops(void) { return armed == POWER || armed == TORN; }

/* A descriptor of our own for a file, never closed: closing one would drop the process's locks. */
static int own_descriptor(int fd, const struct stat *now) {
    char link[64];
    for (size_t at = 0; at < changes_used; at++) {
        struct change *one = &changes[at];
        if (one->fd > 0 && one->dev == now->st_dev && one->ino == now->st_ino) return one->fd;
    }
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    return REAL(open64)(link, O_RDWR | O_CLOEXEC);
}

static void note_bytes(int fd, off_t at, size_t length) {
    if (!stops()) return;
    struct stat now;
    if (fstat(fd, &now) || !S_ISREG(now.st_mode)) return;
    int own = own_descriptor(fd, &now);
    struct change *new = note(BYTES);
    new->dev = now.st_dev, new->ino = now.st_ino, new->size = now.st_size, new->at = at;
    new->fd = own;
    if (at < now.st_size) {
        size_t there = (size_t)(now.st_size - at);
        new->length = length < there ? length : there;
        new->bytes = malloc(new->length ? new->length : 1);
        ssize_t got = REAL(pread64)(own, new->bytes, new->length, at);
        if (got < 0) new->length = 0;
    }
}

static void settle_file(int fd) {
    struct stat now;
    if (fstat(fd, &now)) return;
    for (size_t at = 0; at < changes_used; at++) {
        struct change *one = &changes[at];
        if (one->how != BYTES && one->how != NEW_NAME) continue;
        if (one->dev == now.st_dev && one->ino == now.st_ino) one->how = GONE;
    }
}

static void settle_folder(const char *path) {
    for (size_t at = 0; at < changes_used; at++) {
        struct change *one = &changes[at];
        if (!one->folder || strcmp(one->folder, path)) continue;
        if (one->aside) REAL(unlink)(one->aside), one->aside = NULL;
        one->how = GONE;
    }
}

static char *set_aside(const char *path) {
    char name[PATH_MAX + 32];
    snprintf(name, sizeof name, "%s/.aside-%d-%ld", below, (int)getpid(), asides++);
    return REAL(link)(path, name) ? NULL : strdup(name);
}

/* The door for tests. */
void faults_arm(const char *what, long n, unsigned seed, const char *folder) {
    static const char *names[] = {"none", "kill", "power", "torn", "write", "read", "fsync"};
    pthread_mutex_lock(&lock);
    if (!realpath(folder, below)) below[0] = 0;
    armed = NONE;
    for (int at = 0; at < 7; at++)
        if (!strcmp(what, names[at])) armed = (enum kind)at;
    remaining = n, counted = 0, dice = seed;
    pthread_mutex_unlock(&lock);
}

long faults_counted(void) { return counted; }

void faults_disarm(void) {
    pthread_mutex_lock(&lock);
    forget_asides();
    armed = NONE;
    pthread_mutex_unlock(&lock);
}

static ssize_t do_write(int fd, off_t at, size_t length, int *fails) {
    char path[PATH_MAX];
    *fails = 0;
    if (armed == NONE || !path_of(fd, path)) return 0;
    if (reached(WRITE)) return *fails = 1, -1;
    note_bytes(fd, at, length);
    return 0;
}

ssize_t write(int fd, const void *bytes, size_t length) {
    int fails = 0;
    if (armed != NONE) {
        pthread_mutex_lock(&lock);
        off_t at = REAL(lseek64)(fd, 0, SEEK_CUR);
        int flags = fcntl(fd, F_GETFL);
        struct stat now;
        if (flags >= 0 && (flags & O_APPEND) && !fstat(fd, &now)) at = now.st_size;
        if (at >= 0) do_write(fd, at, length, &fails);
        pthread_mutex_unlock(&lock);
    }
    return fails ? -1 : REAL(write)(fd, bytes, length);
}

#define PWRITE(name)                                                          \
    ssize_t name(int fd, const void *bytes, size_t length, off_t at) {        \
        int fails = 0;                                                        \
        pthread_mutex_lock(&lock);                                            \
        do_write(fd, at, length, &fails);                                     \
        pthread_mutex_unlock(&lock);                                          \
        return fails ? -1 : REAL(name)(fd, bytes, length, at);                \
    }
PWRITE(pwrite)
PWRITE(pwrite64)

#define TRUNCATE(name)                                                        \
    int name(int fd, off_t size) {                                            \
        int fails = 0;                                                        \
        pthread_mutex_lock(&lock);                                            \
        do_write(fd, size, INT_MAX, &fails);                                  \
        pthread_mutex_unlock(&lock);                                          \
        return fails ? -1 : REAL(name)(fd, size);                             \
    }
TRUNCATE(ftruncate)
TRUNCATE(ftruncate64)

static int read_fails(int fd) {
    char path[PATH_MAX];
    if (armed != READ) return 0;
    pthread_mutex_lock(&lock);
    int fails = path_of(fd, path) && reached(READ);
    pthread_mutex_unlock(&lock);
    return fails;
}

ssize_t read(int fd, void *bytes, size_t length) {
    return read_fails(fd) ? -1 : REAL(read)(fd, bytes, length);
}
ssize_t pread(int fd, void *bytes, size_t length, off_t at) {
    return read_fails(fd) ? -1 : REAL(pread)(fd, bytes, length, at);
}
ssize_t pread64(int fd, void *bytes, size_t length, off_t at) {
    return read_fails(fd) ? -1 : REAL(pread64)(fd, bytes, length, at);
}

static int sync_fails(int fd) {
    char path[PATH_MAX];
    int fails = 0;
    if (armed == NONE) return 0;
    pthread_mutex_lock(&lock);
    if (path_of(fd, path)) fails = reached(FSYNC);
    pthread_mutex_unlock(&lock);
    return fails;
}

static int synced(int fd, int result) {
    char path[PATH_MAX];
    pthread_mutex_lock(&lock);
    if (!result && armed != NONE && path_of(fd, path)) {
        settle_file(fd);
        settle_folder(path);
    }
    pthread_mutex_unlock(&lock);
    return result;
}

int fsync(int fd) { return sync_fails(fd) ? -1 : synced(fd, 0); }
int fdatasync(int fd) { return sync_fails(fd) ? -1 : synced(fd, 0); }

static int do_open(int folder, const char *path, int flags, mode_t mode) {
    char full[PATH_MAX];
    int fresh = 0;
    static __thread int within = 0;
    int watched = armed != NONE && !within && (folder == AT_FDCWD || path[0] == '/');
    if (watched && stops() && (flags & (O_CREAT | O_TRUNC))) {
        pthread_mutex_lock(&lock);
        within = 1;
        absolute(path, full);
        struct stat now;
        if (is_ours(full)) {
            int there = !lstat(full, &now);
            fresh = !there && (flags & O_CREAT);
            if (there && (flags & O_TRUNC) && now.st_size) {
                int old = REAL(open64)(full, O_RDWR | O_CLOEXEC);
                if (old >= 0) note_bytes(old, 0, (size_t)now.st_size); /* stays open, as above */
            }
        }
        within = 0;
        pthread_mutex_unlock(&lock);
    }
    int fd = REAL(openat64)(folder, path, flags, mode);
    if (fresh && fd >= 0) {
        struct stat now;
        pthread_mutex_lock(&lock);
        fstat(fd, &now);
        struct change *new = note(NEW_NAME);
        new->name = strdup(full), new->folder = folder_of(full);
        new->dev = now.st_dev, new->ino = now.st_ino;
        pthread_mutex_unlock(&lock);
    }
    return fd;
}

#define MODE(flags)                                                           \
    mode_t mode = 0;                                                          \
    if ((flags) & (O_CREAT | O_TMPFILE)) {                                    \
        va_list more;                                                         \
        va_start(more, flags);                                                \
        mode = va_arg(more, mode_t);                                          \
        va_end(more);                                                         \
    }
int open(const char *path, int flags, ...) { MODE(flags) return do_open(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags) return do_open(AT_FDCWD, path, flags, mode); }
int openat(int folder, const char *path, int flags, ...) { MODE(flags) return do_open(folder, path, flags, mode); }
int openat64(int folder, const char *path, int flags, ...) { MODE(flags) return do_open(folder, path, flags, mode); }

int unlink(const char *path) {
    char full[PATH_MAX];
    if (armed == NONE) return REAL(unlink)(path);
    pthread_mutex_lock(&lock);
    absolute(path, full);
    char *aside = NULL;
    struct stat now;
    int ours = is_ours(full) && !lstat(full, &now);
    if (ours && stops()) {
        reached(WRITE);
        aside = set_aside(full);
    } else if (ours && armed == KILL) {
        reached(WRITE);
    }
    int result = REAL(unlink)(path);
    if (aside && !result) {
        struct change *new = note(REMOVED);
        new->name = strdup(full), new->folder = folder_of(full), new->aside = aside;
    } else if (aside) {
        REAL(unlink)(aside);
    }
    pthread_mutex_unlock(&lock);
    return result;
}

int rename(const char *from, const char *to) {
    char old[PATH_MAX], new[PATH_MAX];
    if (armed == NONE) return REAL(rename)(from, to);
    pthread_mutex_lock(&lock);
    absolute(from, old), absolute(to, new);
    char *aside = NULL;
    int ours = is_ours(new);
    if (ours && (stops() || armed == KILL)) reached(WRITE);
    if (ours && stops()) aside = set_aside(new);
    int result = REAL(rename)(from, to);
    if (ours && stops() && !result) {
        struct change *one = note(RENAMED);
        one->name = strdup(new), one->other = strdup(old);
        one->folder = folder_of(new), one->aside = aside;
    } else if (aside) {
        REAL(unlink)(aside);
    }
    pthread_mutex_unlock(&lock);
    return result;
}

int link(const char *from, const char *to) {
    char full[PATH_MAX];
    if (armed == NONE) return REAL(link)(from, to);
    pthread_mutex_lock(&lock);
    absolute(to, full);
    int ours = is_ours(full);
    if (ours && (stops() || armed == KILL)) reached(WRITE);
    int result = REAL(link)(from, to);
    if (ours && stops() && !result) {
        struct change *new = note(NEW_NAME);
        new->name = strdup(full), new->folder = folder_of(full);
    }
    pthread_mutex_unlock(&lock);
    return result;
}
