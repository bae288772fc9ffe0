#include "modules/host/memory.h"

#include <stdlib.h>

#include "modules/ipc/cell.h"

#if defined __GLIBC__ && !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__ &&          \
    !defined SESHET_FUZZ
#define TAKES_OVER 1
#endif
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#undef TAKES_OVER
#endif
#endif

#ifdef TAKES_OVER

/* What malloc belongs to is the process, and nobody hands it a context. */
static struct ipc_cell *noted_in;

/* The GNU C library's own, under their other names. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *p, size_t size);

static void *note(void *p, size_t size)
{
    if (!p && size && noted_in)
        ipc_cell_refuse_memory(noted_in);
    return p;
}

__attribute__((visibility("default"))) void *malloc(size_t size)
{
    return note(__libc_malloc(size), size);
}

__attribute__((visibility("default"))) void *calloc(size_t count, size_t size)
{
    return note(__libc_calloc(count, size), count && size);
}

__attribute__((visibility("default"))) void *realloc(void *p, size_t size)
{
    return note(__libc_realloc(p, size), size);
}

void memory_note_refusals(struct ipc_cell *cell)
{
    noted_in = cell;
}

#else

void memory_note_refusals(struct ipc_cell *cell)
{
    (void)cell;
}

#endif
