// Who said an edge: it stays while one of its ends says it.
#include "init/engine/dependency_graph.h"

#include <gtest/gtest.h>

#include <array>

using namespace init;  // NOLINT

namespace {

using enum unitparser::DependencyKind;

constexpr UnitId a{0}, b{1}, c{2};

/// Both ends say that a comes behind b: a in line 3 of its first file, b in line 5.
DependencyGraph said_twice() {
  DependencyGraph graph;
  EXPECT_TRUE(graph.add(a, after, b, EdgeSource::file, {0, 3}));
  EXPECT_FALSE(graph.add(b, before, a, EdgeSource::file, {0, 5}));
  return graph;
}

}  // namespace

TEST(DependencyGraph, AnEdgeStaysWhileOneEndSaysIt) {
  DependencyGraph graph = said_twice();
  EXPECT_EQ(graph.find(a, after, b)->said(), EdgeSources(EdgeSource::file));
  EXPECT_EQ(graph.find(a, after, b)->heard(), EdgeSources(EdgeSource::file));
  graph.take_back(a, drawn_sources);
  ASSERT_TRUE(graph.has(a, after, b));
  EXPECT_TRUE(graph.find(a, after, b)->said().empty());
  EXPECT_TRUE(graph.find(b, before, a)->heard().empty());
  graph.take_back(b, before, a, EdgeSource::file);
  EXPECT_TRUE(graph.edges(a).empty());
  EXPECT_TRUE(graph.edges(b).empty());
}

TEST(DependencyGraph, WhereAnEdgeWasSaidIsToldUnlessItDoesNotFit) {
  const auto kept = [](const Origin& origin) { return Edge(a, after, EdgeSource::file, {}, origin).origin(); };
  EXPECT_EQ(kept({0, 3}), (Origin{0, 3}));
  EXPECT_EQ(kept({30, 1023}), (Origin{30, 1023}));
  EXPECT_EQ(kept({}), Origin{});
  EXPECT_EQ(kept({1, 1024}), (Origin{1, 0})) << "the file alone";
  EXPECT_EQ(kept({31, 1}), Origin{});
}

TEST(DependencyGraph, AnEdgeStaysWhileOneSourceHasIt) {
  DependencyGraph graph;
  graph.add(a, wants, b, EdgeSource::file, {0, 3});
  graph.add(a, wants, b, EdgeSource::udev, {});
  graph.take_back(a, EdgeSource::file);
  ASSERT_TRUE(graph.has(b, wanted_by, a));
  EXPECT_EQ(graph.said(a, *graph.find(a, wants, b)).origin, Origin{});
  graph.take_back(a, EdgeSource::udev);
  EXPECT_FALSE(graph.has(b, wanted_by, a));
}

TEST(DependencyGraph, EachEndTellsItsOwnPlace) {
  DependencyGraph graph = said_twice();
  const SaidEdge at_a = graph.said(a, *graph.find(a, after, b));
  EXPECT_EQ(at_a.from, a);
  EXPECT_EQ(at_a.origin, (Origin{0, 3}));
  EXPECT_EQ(graph.said(b, *graph.find(b, before, a)).origin, (Origin{0, 5}));
  graph.take_back(a, drawn_sources);
  const SaidEdge at_b = graph.said(a, *graph.find(a, after, b));
  EXPECT_EQ(at_b.from, b);
  EXPECT_EQ(at_b.kind, before);
  EXPECT_EQ(at_b.to, a);
  EXPECT_EQ(at_b.origin, (Origin{0, 5}));
}

TEST(DependencyGraph, UnitsThatAreLoadedAnewLoseWhatTheySaidAndTheOrderOfTargetsAroundThem) {
  DependencyGraph graph = said_twice();
  graph.add(c, wants, a, EdgeSource::file, {0, 1});
  graph.add(c, after, a, EdgeSource::target_order, {});
  graph.add(a, requires_, c, EdgeSource::default_, {});
  graph.add(a, triggers, c, EdgeSource::transient, {});
  const std::array anew{a};
  graph.take_back_drawn(anew);
  EXPECT_TRUE(graph.has(a, after, b));  // b says so too
  EXPECT_TRUE(graph.has(c, wants, a));
  EXPECT_FALSE(graph.has(c, after, a));
  EXPECT_FALSE(graph.has(a, requires_, c));
  EXPECT_TRUE(graph.has(a, triggers, c));
}

TEST(DependencyGraph, AMergedUnitHandsOnWhoSaidItsEdges) {
  DependencyGraph graph = said_twice();
  graph.merge(b, c);
  EXPECT_TRUE(graph.edges(b).empty());
  ASSERT_TRUE(graph.has(a, after, c));
  graph.take_back(a, drawn_sources);
  EXPECT_EQ(graph.said(a, *graph.find(a, after, c)).from, c);
}
