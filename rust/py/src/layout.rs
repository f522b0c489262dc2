//! Places the boxes and edges of a drawn graph in rows.
//!
//! `rust-sugiyama` orders the vertices of each row and finds their horizontal coordinates. Some of
//! its habits are kept out of the way here:
//!
//! - Ranking by network simplex, its default, never ends on some graphs. So the rows are found
//!   here, each vertex as far up as it can be, and the crate is told to do the same.
//! - It does not tell where the bends are that it adds to long edges. So these are divided here,
//!   and their bends are vertices.
//! - It recurses once per vertex, so it gets a thread with a large stack.
//! - Its median heuristic divides by zero and then panics: crossings are reduced by barycentre.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::panic::resume_unwind;
use std::{iter, thread};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use rust_sugiyama::configure::{Config, CrossingMinimization, RankingType};
use rust_sugiyama::from_vertices_and_edges;

/// Boxes and bends in one drawing, which takes about a second then.
const VERTICES_MAX: usize = 10_000;
/// Stack of the thread that places them, for a recursion that deep.
const STACK_SIZE: usize = 64 * 1024 * 1024;
/// Between two boxes side by side, in the unit of their sizes.
const BOX_GAP: f64 = 28.0;
/// Between two edges that pass a row side by side.
const BEND_GAP: f64 = 14.0;
/// Between two graphs that no edge connects.
const COMPONENT_GAP: f64 = 48.0;
/// Between two rows, at least.
const ROW_GAP: f64 = 34.0;
/// More between two rows for each unit that an edge moves sideways between them, so that it is not
/// too flat; and how much more at most.
const ROW_GAP_SLOPE: f64 = 0.1;
const ROW_GAP_SLOPE_MAX: f64 = 36.0;

type Point = (f64, f64);
type Edge = (u32, u32);
/// The centre of each box, and the points that each edge passes.
type Placed = (Vec<Point>, Vec<Vec<Point>>);

/// Places boxes of these sizes (width, height) in rows, so that edges point downwards.
///
/// Answers the centre of each box (y grows downwards; the drawing begins at 0, 0), and for each
/// edge the points that it has to pass from its source to its target: where it leaves the source's
/// row, where it enters and where it leaves each row between, and where it enters the target's row.
/// On straight lines, or on curves that stay between the heights of the points, it meets no box but
/// its own two. An edge that is given more than once is placed once; an edge from a box to itself
/// passes no points.
///
/// Answers `None` for a graph that is too large to draw: one with more than 10,000 boxes and rows
/// that edges pass.
///
/// # Errors
///
/// `ValueError` for an edge to a box that there is not, or a size that is negative or not finite;
/// `OSError` if no thread can be started.
#[pyfunction]
pub(crate) fn layout(py: Python<'_>, sizes: Vec<Point>, edges: Vec<Edge>) -> PyResult<Option<Placed>> {
    if sizes.iter().any(|&(width, height)| !is_length(width) || !is_length(height)) {
        return Err(PyValueError::new_err("a size is negative or not finite"));
    }
    if edges.iter().any(|&(source, target)| source.max(target) as usize >= sizes.len()) {
        return Err(PyValueError::new_err("an edge names a box that is not there"));
    }
    py.detach(|| {
        let placing = thread::Builder::new()
            .name("layout".to_owned())
            .stack_size(STACK_SIZE)
            .spawn(move || place(&sizes, &edges))?;
        Ok(placing.join().unwrap_or_else(|panic| resume_unwind(panic)))
    })
}

fn is_length(value: f64) -> bool {
    value.is_finite() && value >= 0.0
}

/// A box, or the bend of an edge in a row that it passes.
struct Vertex {
    row: usize,
    size: Point,
    gap: f64,
}

fn place(sizes: &[Point], edges: &[Edge]) -> Option<Placed> {
    let position = topological(sizes.len(), edges);
    // In a cycle, an edge that would point upwards is turned.
    let downward: Vec<Edge> = edges
        .iter()
        .map(|&(source, target)| {
            if position[source as usize] > position[target as usize] {
                (target, source)
            } else {
                (source, target)
            }
        })
        .collect();
    let rows = rows(&position, &downward);
    let mut vertices: Vec<Vertex> =
        iter::zip(sizes, &rows).map(|(&size, &row)| Vertex { row, size, gap: BOX_GAP }).collect();
    let mut chains: HashMap<Edge, Vec<u32>> = HashMap::new();
    let mut segments: Vec<Edge> = Vec::new();
    for &(upper, lower) in &downward {
        if vertices.len() > VERTICES_MAX {
            return None;
        }
        let Entry::Vacant(chain) = chains.entry((upper, lower)) else {
            continue;
        };
        let first = vertices.len() as u32;
        let passed = rows[upper as usize] + 1..rows[lower as usize];
        vertices.extend(passed.map(|row| Vertex { row, size: (0.0, 0.0), gap: BEND_GAP }));
        let bends = first..vertices.len() as u32;
        let chain = chain.insert(iter::once(upper).chain(bends).chain(iter::once(lower)).collect());
        if upper != lower {
            segments.extend(chain.windows(2).map(|pair| (pair[0], pair[1])));
        }
    }
    if vertices.len() > VERTICES_MAX {
        return None;
    }
    // The crate visits the edges of a vertex last first, and draws left what it visits first.
    segments.reverse();
    let mut xs = columns(&vertices, &segments);
    straighten(&vertices, &segments, &mut xs);
    let border =
        iter::zip(&vertices, &xs).map(|(vertex, x)| x - vertex.size.0 / 2.0).fold(f64::INFINITY, f64::min);
    for x in &mut xs {
        *x -= border;
    }
    let spans = spans(&vertices, &segments, &xs);

    let centres = iter::zip(&vertices, &xs)
        .take(sizes.len())
        .map(|(vertex, &x)| (x, f64::midpoint(spans[vertex.row].0, spans[vertex.row].1)))
        .collect();
    let paths = iter::zip(edges, &downward)
        .map(|(given, drawn)| {
            let chain = &chains[drawn];
            let borders = chain.iter().flat_map(|&vertex| {
                let (x, (top, bottom)) = (xs[vertex as usize], spans[vertices[vertex as usize].row]);
                [(x, top), (x, bottom)]
            });
            // From the bottom of the first row to the top of the last.
            let mut path: Vec<Point> = borders.skip(1).take(2 * (chain.len() - 1)).collect();
            if drawn.0 == drawn.1 {
                path.clear();
            } else if given != drawn {
                path.reverse();
            }
            path
        })
        .collect();
    Some((centres, paths))
}

/// The position of each vertex in an order in which edges point forwards. Where a cycle leaves
/// none, the vertex with the lowest index comes first.
fn topological(count: usize, edges: &[Edge]) -> Vec<usize> {
    let mut followers = vec![Vec::new(); count];
    let mut waits_for = vec![0_usize; count];
    for &(source, target) in edges {
        if source != target {
            followers[source as usize].push(target as usize);
            waits_for[target as usize] += 1;
        }
    }
    let mut ready: Vec<usize> = (0..count).rev().filter(|&vertex| waits_for[vertex] == 0).collect();
    let mut position: Vec<Option<usize>> = vec![None; count];
    let mut lowest = 0;
    for next in 0..count {
        let vertex = ready.pop().unwrap_or_else(|| {
            while position[lowest].is_some() {
                lowest += 1;
            }
            lowest
        });
        position[vertex] = Some(next);
        for &follower in &followers[vertex] {
            waits_for[follower] -= 1;
            if waits_for[follower] == 0 && position[follower].is_none() {
                ready.push(follower);
            }
        }
    }
    position.into_iter().flatten().collect()
}

/// The row of each vertex: the one below the lowest vertex before it.
fn rows(position: &[usize], downward: &[Edge]) -> Vec<usize> {
    let mut edges = downward.to_vec();
    edges.sort_unstable_by_key(|&(upper, _)| position[upper as usize]);
    let mut rows = vec![0; position.len()];
    for (upper, lower) in edges {
        if upper != lower {
            rows[lower as usize] = rows[lower as usize].max(rows[upper as usize] + 1);
        }
    }
    rows
}

/// The x of the centre of each vertex.
fn columns(vertices: &[Vertex], segments: &[Edge]) -> Vec<f64> {
    // A gap is part of the width, half of it on each side: the crate's own is the same everywhere.
    let sizes: Vec<(u32, Point)> =
        (0..).zip(vertices.iter().map(|vertex| (vertex.size.0 + vertex.gap, 0.0))).collect();
    let config = Config {
        minimum_length: 1,
        vertex_spacing: 0.0,
        ranking_type: RankingType::Up,
        c_minimization: CrossingMinimization::Barycenter,
        transpose: true,
        ..Config::default()
    };
    let mut columns = vec![0.0; vertices.len()];
    let mut left = 0.0;
    for (component, _, _) in from_vertices_and_edges(&sizes, segments, &config) {
        let half = |index: usize| vertices[index].size.0 / 2.0;
        let border = component.iter().map(|&(index, (x, _))| x - half(index)).fold(f64::INFINITY, f64::min);
        let shift = left - border;
        for (index, (x, _)) in component {
            columns[index] = x + shift;
            left = left.max(x + shift + half(index) + COMPONENT_GAP);
        }
    }
    columns
}

/// Moves what only passes an edge on (bends, labels, boxes with one edge in and one out) below each
/// other and above where they lead to, as far as their neighbours in the rows leave room.
fn straighten(vertices: &[Vertex], segments: &[Edge], columns: &mut [f64]) {
    let count = vertices.len();
    let mut above: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut below = above.clone();
    for &(upper, lower) in segments {
        above[lower as usize].push(upper as usize);
        below[upper as usize].push(lower as usize);
    }
    let passes = |vertex: usize| above[vertex].len() == 1 && below[vertex].len() == 1;

    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|&one, &other| {
        let row = vertices[one].row.cmp(&vertices[other].row);
        row.then(columns[one].total_cmp(&columns[other]))
    });
    let mut neighbours = vec![(None, None); count];
    for pair in order.windows(2) {
        if vertices[pair[0]].row == vertices[pair[1]].row {
            neighbours[pair[0]].1 = Some(pair[1]);
            neighbours[pair[1]].0 = Some(pair[0]);
        }
    }
    let room = |vertex: usize, columns: &[f64]| {
        let distance = |other: usize| {
            let (one, other) = (&vertices[vertex], &vertices[other]);
            f64::midpoint(one.size.0 + one.gap, other.size.0 + other.gap)
        };
        let (left, right) = neighbours[vertex];
        (
            left.map_or(f64::NEG_INFINITY, |left: usize| columns[left] + distance(left)),
            right.map_or(f64::INFINITY, |right: usize| columns[right] - distance(right)),
        )
    };

    // Runs are found from below: the first vertex of one leads to something that does not move.
    for &last in order.iter().rev() {
        if !passes(last) || passes(below[last][0]) {
            continue;
        }
        let mut next = last;
        let mut aim = columns[below[last][0]];
        while passes(next) {
            let mut run = Vec::new();
            let (mut left, mut right) = (f64::NEG_INFINITY, f64::INFINITY);
            while passes(next) {
                let (least, most) = room(next, columns);
                if least.max(left) > most.min(right) {
                    break;
                }
                (left, right) = (least.max(left), most.min(right));
                run.push(next);
                next = above[next][0];
            }
            if run.is_empty() {
                break;
            }
            let x = aim.clamp(left, right);
            for vertex in run {
                columns[vertex] = x;
            }
            aim = x;
        }
    }
}

/// The top and the bottom of each row.
fn spans(vertices: &[Vertex], segments: &[Edge], columns: &[f64]) -> Vec<Point> {
    let count = vertices.iter().map(|vertex| vertex.row + 1).max().unwrap_or(0);
    let mut heights = vec![0.0_f64; count];
    for vertex in vertices {
        heights[vertex.row] = heights[vertex.row].max(vertex.size.1);
    }
    let mut sideways = vec![0.0_f64; count];
    for &(upper, lower) in segments {
        let row = vertices[upper as usize].row;
        let moved = (columns[upper as usize] - columns[lower as usize]).abs();
        sideways[row] = sideways[row].max(moved);
    }
    let mut top = 0.0;
    iter::zip(heights, sideways)
        .map(|(height, moved)| {
            let bottom = top + height;
            let span = (top, bottom);
            top = bottom + ROW_GAP + (moved * ROW_GAP_SLOPE).min(ROW_GAP_SLOPE_MAX);
            span
        })
        .collect()
}
