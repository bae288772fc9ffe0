#ifndef MODULES_HOST_ELF_CHECK_H
#define MODULES_HOST_ELF_CHECK_H

#include <stddef.h>
#include <stdint.h>

/*
 * Whether the bytes of a file are a whole seshet module of this machine, by its ELF headers alone:
 * all segments and the section table must lie within the file, and its note must name our ABI.
 * Nothing of the file is run. machine: EM_... of elf.h, elf_machine() for our own.
 * Returns 0; or -1 and a sentence in why.
 */
int elf_check(const void *data, size_t len, uint16_t machine, uint32_t abi, char *why,
              size_t why_size);

/* The machine this program was built for. */
uint16_t elf_machine(void);

#endif
