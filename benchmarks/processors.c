/* Make a process see another processor: CPUID traps, and a table answers in its place.

   Linux on x86-64 whose /proc/cpuinfo shows cpuid_fault (Intel from Ivy Bridge on, Zen 4 on some firmware).
   Preloaded by processors.py, with PRETENDED naming a row of PROCESSORS. Only what a program asks CPUID is changed:
   instructions run as before, so a program that does not ask, or asked before this library began (the C library's own
   choice of functions, which GLIBC_TUNABLES changes), still sees the real one. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#define ARCH_SET_CPUID 0x1012
#define KIB 1024u

enum { NONE = 0, FULL_AVX512 = 1, AVX512 = 2, AVX_VNNI = 4, AMX = 8 };

struct registers { uint32_t a, b, c, d; };

struct processor {
  const char *name, *vendor, *brand;
  uint32_t signature;            /* leaf 1, eax: family, model, stepping */
  int keeps;                     /* vector extensions beyond AVX2 that it has, of those that the real one has */
  uint32_t l1, l2, l3;           /* KiB; ways below */
  uint32_t l1_ways, l2_ways, l3_ways;
};

static const struct processor PROCESSORS[] = {
    {"haswell", "GenuineIntel", "Intel(R) Xeon(R) CPU E5-2680 v3 @ 2.50GHz", 0x306F2, NONE, 32, 256, 30720, 8, 8, 20},
    {"skylake", "GenuineIntel", "Intel(R) Xeon(R) Platinum 8168 CPU @ 2.70GHz", 0x50654, AVX512, 32, 1024, 33792, 8, 16, 11},
    {"alderlake", "GenuineIntel", "12th Gen Intel(R) Core(TM) i7-12700K", 0x90672, AVX_VNNI, 48, 1280, 25600, 12, 10, 10},
    {"zen2", "AuthenticAMD", "AMD EPYC 7742 64-Core Processor", 0x830F10, NONE, 32, 512, 16384, 8, 8, 16},
    {"zen3", "AuthenticAMD", "AMD EPYC 7763 64-Core Processor", 0xA00F11, NONE, 32, 512, 32768, 8, 8, 16},
    {"zen4", "AuthenticAMD", "AMD EPYC 9654 96-Core Processor", 0xA10F11, FULL_AVX512, 32, 1024, 32768, 8, 8, 16},
};

static const struct processor *pretended;
static struct sigaction theirs; /* what the program itself wants done about SIGSEGV */
static int (*real_sigaction)(int, const struct sigaction *, struct sigaction *);

static void trap_cpuid(int on) { syscall(SYS_arch_prctl, ARCH_SET_CPUID, (unsigned long)!on); }

static struct registers real_cpuid(uint32_t leaf, uint32_t subleaf) {
  struct registers r;
  trap_cpuid(0);
  __asm__ volatile("cpuid" : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d) : "a"(leaf), "c"(subleaf));
  trap_cpuid(1);
  return r;
}

static int is_amd(void) { return pretended->vendor[0] == 'A'; }

static void put_vendor(struct registers *r) {
  memcpy(&r->b, pretended->vendor, 4);
  memcpy(&r->d, pretended->vendor + 4, 4);
  memcpy(&r->c, pretended->vendor + 8, 4);
}

/* Leaf 7: drop the extensions that it lacks. Bits as in Intel's manual, volume 2A, CPUID. */
static void drop_extensions(struct registers *r, uint32_t subleaf) {
  const int keeps = pretended->keeps;
  if (subleaf == 0) {
    if (!(keeps & (FULL_AVX512 | AVX512))) r->b &= ~(1u << 16 | 1u << 17 | 1u << 21 | 1u << 28 | 1u << 30 | 1u << 31);
    if (!(keeps & FULL_AVX512)) {
      r->b &= ~(1u << 21);
      r->c &= ~(1u << 1 | 1u << 6 | 1u << 8 | 1u << 9 | 1u << 10 | 1u << 11 | 1u << 12 | 1u << 14);
    }
    r->d &= ~(1u << 2 | 1u << 3 | 1u << 8 | 1u << 22 | 1u << 23 | 1u << 24 | 1u << 25); /* FP16, AMX */
    return;
  }
  const uint32_t vnni = r->a & 1u << 4, bf16 = r->a & 1u << 5;
  memset(r, 0, sizeof *r);
  if (subleaf == 1) r->a = (keeps & AVX_VNNI ? vnni : 0) | (keeps & FULL_AVX512 ? bf16 : 0);
}

/* One cache in the form of Intel's leaf 4 and AMD's 0x8000001D. */
static struct registers cache(uint32_t index) {
  static const uint32_t kind[] = {1, 2, 3, 3}, level[] = {1, 1, 2, 3};
  struct registers r = {0, 0, 0, 0};
  if (index > 3) return r;
  const uint32_t size = index < 2 ? pretended->l1 : index == 2 ? pretended->l2 : pretended->l3;
  const uint32_t ways = index < 2 ? pretended->l1_ways : index == 2 ? pretended->l2_ways : pretended->l3_ways;
  const uint32_t sharing = index == 3 ? 15 : 0, cores = 15;
  r.a = kind[index] | level[index] << 5 | 1u << 8 | sharing << 14 | (is_amd() ? 0 : cores << 26);
  r.b = 63 | (ways - 1) << 22;
  r.c = size * KIB / 64 / ways - 1;
  return r;
}

static struct registers extended(uint32_t leaf, uint32_t subleaf) {
  struct registers r = real_cpuid(leaf, subleaf);
  char brand[48] = {0};
  strncpy(brand, pretended->brand, sizeof brand - 1);
  if (leaf == 0x80000000 && is_amd()) {
    r.a = 0x80000020;
    put_vendor(&r);
  } else if (leaf == 0x80000001 && is_amd()) {
    r.a = pretended->signature;
    r.c |= 1u << 22; /* topology extensions: caches stand in 0x8000001D */
  } else if (leaf >= 0x80000002 && leaf <= 0x80000004) {
    memcpy(&r, brand + 16 * (leaf - 0x80000002), 16);
  } else if (leaf == 0x80000005) {
    memset(&r, 0, sizeof r);
    if (is_amd()) r.c = r.d = pretended->l1 << 24 | pretended->l1_ways << 16 | 1u << 8 | 64;
  } else if (leaf == 0x80000006) {
    memset(&r, 0, sizeof r);
    r.c = pretended->l2 << 16 | 6u << 12 | 64;
    if (is_amd()) r.d = pretended->l3 / 512 << 18 | 8u << 12 | 64;
  } else if (leaf == 0x8000001D && is_amd()) {
    r = cache(subleaf);
  } else if (leaf > 0x80000008) {
    memset(&r, 0, sizeof r);
  }
  return r;
}

static struct registers answer(uint32_t leaf, uint32_t subleaf) {
  if (leaf >= 0x80000000) return extended(leaf, subleaf);
  if (leaf == 4) return is_amd() ? (struct registers){0, 0, 0, 0} : cache(subleaf);
  if (leaf == 2) return is_amd() ? (struct registers){0, 0, 0, 0} : (struct registers){0x00FEFF01, 0, 0, 0};
  struct registers r = real_cpuid(leaf, subleaf);
  if (leaf == 0) {
    r.a = is_amd() ? 0x10 : 0x16;
    put_vendor(&r);
  } else if (leaf == 1) {
    r.a = pretended->signature;
  } else if (leaf == 7) {
    drop_extensions(&r, subleaf);
  } else if (leaf > 0x16 && leaf < 0x40000000) {
    memset(&r, 0, sizeof r); /* also leaf 0x1D to 0x24: AMX, AVX10 */
  }
  return r;
}

static void on_fault(int number, siginfo_t *info, void *place) {
  greg_t *g = ((ucontext_t *)place)->uc_mcontext.gregs;
  const unsigned char *code = (const unsigned char *)g[REG_RIP];
  if (info->si_code == SI_KERNEL && code[0] == 0x0F && code[1] == 0xA2) {
    const struct registers r = answer((uint32_t)g[REG_RAX], (uint32_t)g[REG_RCX]);
    g[REG_RAX] = r.a, g[REG_RBX] = r.b, g[REG_RCX] = r.c, g[REG_RDX] = r.d;
    g[REG_RIP] += 2;
  } else if (theirs.sa_flags & SA_SIGINFO && theirs.sa_sigaction) {
    theirs.sa_sigaction(number, info, place);
  } else if (theirs.sa_handler != SIG_DFL && theirs.sa_handler != SIG_IGN) {
    theirs.sa_handler(number);
  } else {
    signal(number, SIG_DFL); /* and fault again */
  }
}

/* Our handler stays, whatever the program installs for SIGSEGV. */
int sigaction(int number, const struct sigaction *action, struct sigaction *old) {
  if (!real_sigaction) real_sigaction = dlsym(RTLD_NEXT, "sigaction");
  if (number != SIGSEGV || !pretended) return real_sigaction(number, action, old);
  if (old) *old = theirs;
  if (action) theirs = *action;
  return 0;
}

/* A thread that blocks SIGSEGV would be killed by its first CPUID. */
int pthread_sigmask(int how, const sigset_t *set, sigset_t *old) {
  static int (*real)(int, const sigset_t *, sigset_t *);
  if (!real) real = dlsym(RTLD_NEXT, "pthread_sigmask");
  if (!set || how == SIG_UNBLOCK) return real(how, set, old);
  sigset_t without = *set;
  sigdelset(&without, SIGSEGV);
  return real(how, &without, old);
}

__attribute__((constructor)) static void begin(void) {
  const char *name = getenv("PRETENDED");
  if (!name) return;
  for (size_t i = 0; i < sizeof PROCESSORS / sizeof *PROCESSORS; i++)
    if (!strcmp(PROCESSORS[i].name, name)) pretended = &PROCESSORS[i];
  if (!pretended) {
    fprintf(stderr, "PRETENDED: given %s, allowed a row of PROCESSORS in processors.c\n", name);
    _exit(2);
  }
  if (!real_sigaction) real_sigaction = dlsym(RTLD_NEXT, "sigaction");
  struct sigaction ours = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK};
  real_sigaction(SIGSEGV, &ours, &theirs);
  if (syscall(SYS_arch_prctl, ARCH_SET_CPUID, 0UL)) {
    fprintf(stderr, "this processor cannot make CPUID trap: /proc/cpuinfo shows no cpuid_fault\n");
    _exit(2);
  }
}
