// A host of halfnorm.wasm without JavaScript: the interpreter of the WebAssembly Binary Toolkit (WABT), by its C++ library. What it
// knows of the kernels is docs/abi.md and docs/halfnorm.h.
//
// host MODULE < requests > results
//
// A request is a line "ORDER ACCUMULATE STORAGE N HEX", the elements being float16 bits; its result is a line of JSON in the terms of
// test/fixtures/float16-hardware.json.

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "halfnorm.h"
#include "wabt/binary-reader.h"
#include "wabt/interp/binary-reader-interp.h"
#include "wabt/interp/interp.h"

using namespace wabt;
using namespace wabt::interp;

[[noreturn]] static void fail(const std::string& message) {
  std::cerr << message << std::endl;
  std::exit(1);
}

/** An instance on a memory of its own. */
class Kernels {
 public:
  explicit Kernels(const char* path) : memory_(Memory::New(store_, MemoryType{Limits(5, 65536)})) {
    std::ifstream file(path, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    Errors errors;
    ModuleDesc description;
    const ReadBinaryOptions options(Features{}, nullptr, false, true, true);
    if (Failed(ReadBinaryInterp(path, bytes.data(), bytes.size(), options, &errors, &description))) {
      fail(errors.empty() ? "no module" : errors.front().message);
    }
    const auto module = interp::Module::New(store_, description);
    Trap::Ptr trap;
    instance_ = Instance::Instantiate(store_, module.ref(), {memory_.ref()}, &trap);
    if (!instance_) fail(trap->message());
    for (size_t i = 0; i < description.exports.size(); i++) {
      functions_[description.exports[i].type.name] = store_.UnsafeGet<interp::Func>(instance_->exports()[i]);
    }
  }

  void call(const std::string& name, const Values& given = {}) {
    const auto found = functions_.find(name);
    if (found == functions_.end()) fail("no export " + name);
    Values results;
    Trap::Ptr trap;
    if (Failed(found->second->Call(store_, given, results, &trap))) fail(name + ": " + trap->message());
  }

  /** Memory goes on for SLACK bytes behind an address. */
  void reserve(uint64_t end) {
    const uint64_t pages = (end + HALFNORM_SLACK + 65535) / 65536;
    const uint64_t present = memory_->PageSize();
    if (pages > present && Failed(memory_->Grow(pages - present))) fail("no memory");
  }

  template <typename T>
  void put(uint32_t address, T value) {
    if (Failed(memory_->Store(address, 0, value))) fail("beyond memory");
  }

  template <typename T>
  T get(uint32_t address) {
    T value;
    if (Failed(memory_->Load(address, 0, &value))) fail("beyond memory");
    return value;
  }

 private:
  Store store_;
  Memory::Ptr memory_;
  Instance::Ptr instance_;
  std::map<std::string, interp::Func::Ptr> functions_;
};

static void set_format(Kernels& kernels, int slot, bool half) {
  const double most = half ? 65504 : std::ldexp(2 - std::ldexp(1, -23), 127);
  kernels.call("setFormat", {Value::Make(slot), Value::Make(half ? 11 : 24), Value::Make(half ? -14 : -126),
                             Value::Make(half ? 15 : 127), Value::Make(most),
                             Value::Make(HALFNORM_OVERFLOW_INFINITY), Value::Make(1)});
}

/** C(n) of the paper. */
static double maximum_factor(int n) {
  const double pi = 3.141592653589793;
  return n > 1 ? 0.5 * (1 + std::sqrt(pi * std::log(4.0))) / std::sqrt(2 * std::log(static_cast<double>(n))) : 1;
}

struct Norm {
  const char* name;
  int kind;
  double factor;
};

int main(int count, char** given) {
  if (count != 2) fail("host MODULE < requests > results");
  Kernels kernels(given[1]);
  std::string order, accumulate, storage, hex;
  int n;
  while (std::cin >> order >> accumulate >> storage >> n >> hex) {
    const bool half = storage == "float16";
    const auto line = [](uint32_t address) { return (address + 63) & ~63u; };
    const uint32_t halves = HALFNORM_HEAP;
    const uint32_t floats = line(halves + 2 * n + HALFNORM_SLACK);
    const uint32_t input = half ? halves : floats;
    const uint32_t output = line(floats + 4 * n + HALFNORM_SLACK);
    const uint32_t packed = line(output + 4 * n + HALFNORM_SLACK);
    const uint32_t mean = line(packed + 2 * n + HALFNORM_SLACK);
    const uint32_t deviation = mean + 64;
    const uint32_t scratch = deviation + 128;
    const int top = n < 10 ? n : 10;
    kernels.reserve(scratch + HALFNORM_TOP_SCRATCH + top * HALFNORM_TOP_SCRATCH_PER_K);
    for (int i = 0; i < n; i++) {
      kernels.put<uint16_t>(halves + 2 * i, std::stoul(hex.substr(4 * i, 4), nullptr, 16));
    }
    kernels.call("unpack", {Value::Make(halves), Value::Make(floats), Value::Make(n)});
    set_format(kernels, HALFNORM_FORMAT_COMPUTE, true);
    set_format(kernels, HALFNORM_FORMAT_ACCUMULATE, accumulate == "float16");
    set_format(kernels, HALFNORM_FORMAT_STATISTICS, true);

    /** Emulates one group, of all elements. */
    const auto emulate = [&](int task, const Norm& norm) {
      for (uint32_t field = HALFNORM_TASK; field < HALFNORM_PLAN_END; field += 4) kernels.put<uint32_t>(field, 0);
      const std::map<uint32_t, uint32_t> fields = {
          {HALFNORM_TASK, task},
          {HALFNORM_NORM, norm.kind},
          {HALFNORM_TOP, top},
          {HALFNORM_SCALE, HALFNORM_SCALE_NORMALIZE},
          {HALFNORM_INPUT, input},
          {HALFNORM_INPUT_STORAGE, half ? HALFNORM_STORAGE_FLOAT16 : HALFNORM_STORAGE_FLOAT32},
          {HALFNORM_OUTPUT, output},
          {HALFNORM_OUTPUT_STORAGE, half ? HALFNORM_STORAGE_FLOAT16 : HALFNORM_STORAGE_FLOAT32},
          {HALFNORM_MEAN, mean},
          {HALFNORM_DEVIATION, deviation},
          {HALFNORM_SCRATCH, scratch},
          {HALFNORM_LAYOUT, HALFNORM_LAYOUT_ROWS},
          {HALFNORM_LENGTH, n},
          {HALFNORM_KEPT_TOTAL, 1},
          {HALFNORM_REDUCED_TOTAL, 1},
          {HALFNORM_ORDER, order == "pairwise"     ? HALFNORM_ORDER_PAIRWISE
                           : order == "sequential" ? HALFNORM_ORDER_SEQUENTIAL
                                                   : HALFNORM_ORDER_LANES},
          {HALFNORM_TAIL, HALFNORM_TAIL_SAME},
      };
      for (const auto& [field, value] : fields) kernels.put<uint32_t>(field, value);
      kernels.put<double>(HALFNORM_COUNT, n);
      kernels.put<double>(HALFNORM_EPS, 1e-5);
      kernels.put<double>(HALFNORM_CONSTANT, norm.factor);
      kernels.call("emulate");
    };
    /** Bits of float16, of numbers that have them; every NaN is one. */
    const auto bits = [&](uint32_t address, int i) -> unsigned {
      const unsigned found = kernels.get<uint16_t>(address + 2 * i);
      return (found & 0x7fff) > 0x7c00 ? 0x7e00 : found;
    };
    const auto statistic = [&](uint32_t address) {
      kernels.call("pack", {Value::Make(address), Value::Make(packed), Value::Make(1)});
      return bits(packed, 0);
    };
    /** FNV-1a over the output. */
    const auto checksum = [&] {
      if (!half) kernels.call("pack", {Value::Make(output), Value::Make(packed), Value::Make(n)});
      uint32_t hash = 0x811c9dc5;
      for (int i = 0; i < n; i++) {
        const unsigned found = bits(half ? output : packed, i);
        hash = (hash ^ (found & 255)) * 0x01000193;
        hash = (hash ^ (found >> 8)) * 0x01000193;
      }
      return hash;
    };

    const double factor = maximum_factor(n);
    const Norm norms[] = {{"l1", HALFNORM_NORM_L1, 1.2533141373155003},
                          {"l2", HALFNORM_NORM_L2, 1},
                          {"linf", HALFNORM_NORM_LINF, factor},
                          {"topk10", HALFNORM_NORM_TOP, factor}};
    std::printf("{\"order\":\"%s\",\"accumulate\":\"%s\"", order.c_str(), accumulate.c_str());
    emulate(HALFNORM_TASK_NORM + HALFNORM_TASK_TOTAL, {"l1", HALFNORM_NORM_L1, 1});
    std::printf(",\"l1\":%u", statistic(deviation));
    emulate(HALFNORM_TASK_CENTRE, {"none", HALFNORM_NORM_NONE, 1});
    std::printf(",\"mean\":%u", statistic(mean));
    for (const auto& norm : norms) {
      emulate(HALFNORM_TASK_CENTRE + HALFNORM_TASK_NORM + HALFNORM_TASK_APPLY, norm);
      std::printf(",\"deviation_%s\":%u,\"y_%s\":%u", norm.name, statistic(deviation), norm.name, checksum());
    }
    std::printf("}\n");
  }
}
