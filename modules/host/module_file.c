#include "modules/host/module_file.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "modules/host/descriptor.h"
#include "modules/host/elf_check.h"

static int check_headers(const char *path, char *why, size_t why_size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        snprintf(why, why_size, "cannot open it: %s", strerror(errno));
        return -1;
    }
    struct stat st;
    void *data = MAP_FAILED;
    size_t len = 0;
    int checked = -1;
    if (fstat(fd, &st) == 0) {
        len = (size_t)st.st_size;
        data = len ? mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
    }
    if (data == MAP_FAILED) {
        snprintf(why, why_size, "cannot read it: %s", strerror(errno));
    } else {
        checked = elf_check(data, len, elf_machine(), SESHET_ABI, why, why_size);
        if (data)
            munmap(data, len);
    }
    close(fd);
    return checked;
}

/* dlerror begins with the path of the private copy, which means nothing to a person. */
static void explain(const char *path, const char *error, char *why, size_t why_size)
{
    size_t len = strlen(path);
    if (strncmp(error, path, len) == 0 && strncmp(error + len, ": ", 2) == 0)
        error += len + 2;
    if (strncmp(error, "undefined symbol: ", strlen("undefined symbol: ")) == 0)
        snprintf(why, why_size,
                 "%.200s (link the library that has it, or update the server "
                 "when the name begins with seshet_)",
                 error);
    else
        snprintf(why, why_size, "cannot be loaded: %.400s", error);
}

const seshet_module *module_file_open(const char *path, const char *name, struct ipc_module *out,
                                      char *why, size_t why_size)
{
    if (check_headers(path, why, why_size))
        return NULL;
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        explain(path, dlerror(), why, why_size);
        return NULL;
    }
    const seshet_module *d = dlsym(handle, "seshet_module_descriptor");
    if (!d) {
        snprintf(why, why_size, "not a seshet module: it does not export its descriptor");
        return NULL;
    }
    return descriptor_check(d, name, out, why, why_size) ? NULL : d;
}
