#include "modules/host/elf_check.h"

#include <elf.h>
#include <link.h>
#include <seshet/module.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* The linker puts it at this program's own ELF header. */
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

uint16_t elf_machine(void)
{
    return __ehdr_start.e_machine;
}

#if __ELF_NATIVE_CLASS == 64
enum { OUR_CLASS = ELFCLASS64 };
#else
enum { OUR_CLASS = ELFCLASS32 };
#endif
#if __BYTE_ORDER == __LITTLE_ENDIAN
enum { OUR_DATA = ELFDATA2LSB };
#else
enum { OUR_DATA = ELFDATA2MSB };
#endif

struct file {
    const char *data;
    size_t len;
    char *why;
    size_t why_size;
};

static int refuse(const struct file *f, const char *sentence)
{
    snprintf(f->why, f->why_size, "%s", sentence);
    return -1;
}

static int refuse_truncated(const struct file *f)
{
    return refuse(f, "the file is truncated: copy or build it again");
}

static bool within(const struct file *f, uint64_t offset, uint64_t size)
{
    return offset <= f->len && size <= f->len - offset;
}

static int check_header(const struct file *f, uint16_t machine, ElfW(Ehdr) * header)
{
    size_t magic = f->len < SELFMAG ? f->len : SELFMAG;
    if (!magic)
        return refuse(f, "the file is empty");
    if (memcmp(f->data, ELFMAG, magic) != 0)
        return refuse(f, "not a shared object: build it with cc -shared -fPIC");
    if (f->len < sizeof *header)
        return refuse_truncated(f);
    memcpy(header, f->data, sizeof *header);
    if (header->e_ident[EI_CLASS] != OUR_CLASS || header->e_ident[EI_DATA] != OUR_DATA ||
        header->e_machine != machine)
        return refuse(f, "built for another kind of machine: rebuild it on this one");
    if (header->e_type != ET_DYN)
        return refuse(f, "not a shared object: build it with cc -shared -fPIC");
    if (header->e_phentsize != sizeof(ElfW(Phdr)) || !header->e_phnum)
        return refuse(f, "a damaged shared object: build it again");
    if (!within(f, header->e_phoff, (uint64_t)header->e_phnum * header->e_phentsize) ||
        !within(f, header->e_shoff, (uint64_t)header->e_shnum * header->e_shentsize))
        return refuse_truncated(f);
    return 0;
}

/* The ABI that the notes of one segment name; false when ours is not among them. */
static bool find_note(const char *at, size_t left, size_t align, uint32_t *abi)
{
    struct {
        uint32_t name_size, data_size, type;
    } head;
    /* 4, and 8 for segments that say so (the gABI's view; GNU properties use it). */
    uint64_t mask = align == 8 ? 7 : 3;
    while (left >= sizeof head) {
        memcpy(&head, at, sizeof head);
        uint64_t data = (sizeof head + (uint64_t)head.name_size + mask) & ~mask;
        uint64_t next = (data + head.data_size + mask) & ~mask;
        if (data + head.data_size > left)
            return false;
        if (head.type == SESHET_NOTE_TYPE && head.name_size == sizeof "seshet" &&
            memcmp(at + sizeof head, "seshet", sizeof "seshet") == 0 &&
            head.data_size == sizeof *abi) {
            memcpy(abi, at + data, sizeof *abi);
            return true;
        }
        if (next > left)
            return false;
        at += next;
        left -= (size_t)next;
    }
    return false;
}

int elf_check(const void *data, size_t len, uint16_t machine, uint32_t abi, char *why,
              size_t why_size)
{
    struct file f = {.data = data, .len = len, .why = why, .why_size = why_size};
    ElfW(Ehdr) header;
    if (check_header(&f, machine, &header))
        return -1;
    bool found = false;
    uint32_t its_abi = 0;
    for (size_t i = 0; i < header.e_phnum; i++) {
        ElfW(Phdr) segment;
        memcpy(&segment, f.data + header.e_phoff + i * sizeof segment, sizeof segment);
        if (!within(&f, segment.p_offset, segment.p_filesz))
            return refuse_truncated(&f);
        if (segment.p_type == PT_NOTE && !found)
            found =
                find_note(f.data + segment.p_offset, segment.p_filesz, segment.p_align, &its_abi);
    }
    if (!found)
        return refuse(&f, "not a seshet module: SESHET_MODULE(...) is missing in its source");
    if (its_abi != abi) {
        snprintf(why, why_size,
                 "the module was built for ABI %u, this server offers ABI %u: rebuild it", its_abi,
                 abi);
        return -1;
    }
    return 0;
}
