#ifndef MODULES_IPC_CELL_H
#define MODULES_IPC_CELL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * The page shared by the server and one modhost (a memfd that begins as zeros): which event and
 * which module the host is in. The server reads it when the host has died, to know whom to blame,
 * and now and then while it runs, to see a hang. After the host's death both values belong
 * together; before it they may be of two events that follow each other.
 */
struct ipc_cell {
    _Atomic uint64_t event;         /* its number; 0: in none (or in load or unload) */
    _Atomic uint32_t module_plus_1; /* index of LOAD plus one; 0: in no module */
    _Atomic uint32_t no_memory;     /* 1: an allocation was refused since it entered the module */
};

#define IPC_CELL_SIZE 4096

/* What the descriptors of a modhost are, from its first instruction on; 0-2 are the null device. */
enum ipc_fd { IPC_FD_IN = 3, IPC_FD_OUT = 4, IPC_FD_CELL = 5 };

#define IPC_NO_MODULE UINT16_MAX

/* The exit status of a modhost whose pipes were closed, by its server or by a module. */
#define IPC_EXIT_CLOSED 113

static inline void ipc_cell_enter(struct ipc_cell *cell, uint64_t event, uint16_t module)
{
    atomic_store_explicit(&cell->no_memory, 0, memory_order_relaxed);
    atomic_store_explicit(&cell->module_plus_1, module + UINT32_C(1), memory_order_relaxed);
    atomic_store_explicit(&cell->event, event, memory_order_relaxed);
}

static inline void ipc_cell_leave(struct ipc_cell *cell)
{
    atomic_store_explicit(&cell->event, 0, memory_order_relaxed);
    atomic_store_explicit(&cell->module_plus_1, 0, memory_order_relaxed);
}

static inline void ipc_cell_refuse_memory(struct ipc_cell *cell)
{
    atomic_store_explicit(&cell->no_memory, 1, memory_order_relaxed);
}

static inline bool ipc_cell_refused_memory(const struct ipc_cell *cell)
{
    return atomic_load_explicit(&cell->no_memory, memory_order_relaxed);
}

static inline uint64_t ipc_cell_event(const struct ipc_cell *cell)
{
    return atomic_load_explicit(&cell->event, memory_order_relaxed);
}

/* IPC_NO_MODULE when in none. A host can write anything there: check the index before use. */
static inline uint16_t ipc_cell_module(const struct ipc_cell *cell)
{
    uint32_t n = atomic_load_explicit(&cell->module_plus_1, memory_order_relaxed);
    return n && n <= IPC_NO_MODULE ? (uint16_t)(n - 1) : IPC_NO_MODULE;
}

/* Both values, of a host that has died. */
struct ipc_place {
    uint64_t event;
    uint16_t module;
};

static inline struct ipc_place ipc_cell_place(const struct ipc_cell *cell)
{
    return (struct ipc_place){.event = ipc_cell_event(cell), .module = ipc_cell_module(cell)};
}

#endif
